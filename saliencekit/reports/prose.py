"""What the report says of each measure: how it is computed, how to read it, and what it cannot tell."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Prose:
    """Three short paragraphs about one measure.

    Parameters
    ----------
    computed
        How the number comes about.
    read
        What high and low mean, and against what to hold it.
    cannot
        What must not be concluded from it.
    """

    computed: str
    read: str
    cannot: str


PROSE = {
    "entropy": Prose(
        computed="Each raw salience map is scaled to [0, 1] by its own least and largest cell and divided by "
        "its sum; the value is the mean of the Shannon entropy −Σ p ln p of these distributions, in "
        "nats. exp(entropy) is the effective area: how many cells of the grid hold the salience. A "
        "constant map counts as the maximum, ln(h·w).",
        read="0 means that all salience sits in one cell; the maximum means that it is spread evenly over "
        "the grid. Hold the value against the null value, the same architecture with re-drawn "
        "weights: a trained network that is no more focused than that has not learned where to look.",
        cannot="Whether the network looks at the right place. A map can be sharp and wrong, and some tasks "
        "need the whole image. Grids of different size have different maxima: compare the normalised "
        "entropy then.",
    ),
    "out_of_set": Prose(
        computed="The entropy of each map is taken as an outlier score; the value is the probability (AUROC) "
        "that an image of another set has a wider map than an audited one. The table by set has the "
        "shift of the mean with its interval, Hedges' g and the Wasserstein distance in nats. Beside "
        "this, salt-and-pepper noise replaces a growing share of the pixels, and the map of the noisy "
        "image is compared with the clean one by structural similarity (SSIM).",
        read="AUROC 0.5 means that entropy does not tell the other sets from the audited one; above it the "
        "other sets have wider maps, below it narrower ones. Under noise, SSIM 1 means that the map "
        "stays where it was; a curve that falls to the map of another image at little noise shows "
        "salience that hangs on single pixels.",
        cannot="Whether the prediction is right on the other set, or why the maps differ: size, sharpness "
        "and compression of the files shift entropy too.",
    ),
    "equivariance": Prose(
        computed="Each image is flipped, turned by a quarter and shifted; the map of the transformed image is "
        "brought back upright and compared with the map of the original by SSIM at image size, both "
        "scaled to [0, 1]. Pixels that left the frame are left out.",
        read="1 means that the salience follows the content. The null value is the same comparison with "
        "the map of another image: a value near it means that the maps share a place in the frame "
        "more than they follow what is in it.",
        cannot="Whether following is wanted: text, clocks and upright faces are not the same thing when "
        "flipped. Two flat maps agree perfectly, so look at the count of constant maps and at the "
        "entropy first.",
    ),
    "stability": Prose(
        computed="Networks trained in the same way from different seeds explain the same images; the maps of "
        "each pair of runs are compared by SSIM, image by image, as 8-bit maps on their own grid.",
        read="1 means that every run looks at the same place. The null value pairs one run's map with "
        "another run's map of a different image: only what lies above it is agreement about the "
        "image, the rest is a habit that all maps share.",
        cannot="Whether the runs are right: they can share a shortcut in the data. Few runs give few pairs, "
        "pairs with a run in common are not independent, and the interval is over images, not over "
        "runs.",
    ),
    "degradation": Prose(
        computed="A growing share of the pixels is replaced, most salient first, least salient first and in "
        "random order, and the score of the class explained is read again each time; the value is the "
        "mean area under the first curve, divided by its width. Beside this, a Gaussian blur guided "
        "by the map blurs the background or the object.",
        read="If the map names the pixels that the score rests on, removing them first hurts more than "
        "removing random ones, and blurring the background hurts less than blurring the object. The "
        "null value is the area under the random order.",
        cannot="What the network would do with a natural image that lacks the content: degraded images are "
        "unlike the training data, and part of every drop comes from that alone.",
    ),
}
