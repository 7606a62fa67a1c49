"""SSIM of all 45 pairs of ten runs' 7x7 maps against scikit-image in a loop."""

from __future__ import annotations

import itertools

import torch
from skimage.metrics import structural_similarity

from saliencekit.functional import quantize, ssim_pairs

from .timing import in_turn

RUNS, IMAGES = 10, 256  # one part of an audit


def run() -> dict[str, object]:
    maps = torch.rand(RUNS * IMAGES, 7, 7, generator=torch.Generator().manual_seed(0))
    maps = quantize(maps).reshape(RUNS, IMAGES, 7, 7)
    arrays = maps.numpy()

    def loop():
        return [
            [structural_similarity(arrays[a, image], arrays[b, image]) for image in range(IMAGES)]
            for a, b in itertools.combinations(range(RUNS), 2)
        ]

    difference = (ssim_pairs(maps).double() - torch.tensor(loop())).abs().max().item()
    found = in_turn(lambda: ssim_pairs(maps), loop, runs=3)
    print(f"  {1 / found['ratio']:.0f}x faster than the scikit-image loop; largest difference {difference:.1e}")
    return {**found, "largest_difference": difference}
