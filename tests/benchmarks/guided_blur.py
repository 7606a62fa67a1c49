"""The guided blur of a batch of 224 px photographs against the paper's way: scipy, width by width, image by image."""

from __future__ import annotations

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from skimage import data, transform

from saliencekit.functional import guided_blur
from saliencekit.functional.blur import BLUR_LEVELS

from .timing import in_turn

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket")


def photographs(count: int, size: int = 224) -> torch.Tensor:
    """Return crops of scikit-image's photographs, ``(count, 3, size, size)`` in [0, 1]."""
    random = np.random.default_rng(0)
    crops = []
    for number in range(count):
        image = getattr(data, PHOTOGRAPHS[number % len(PHOTOGRAPHS)])()
        side = min(image.shape[:2])
        top, left = (random.integers(0, length - side // 2) for length in image.shape[:2])
        crop = image[top : top + side // 2, left : left + side // 2]
        crops.append(transform.resize(crop, (size, size), anti_aliasing=True))
    return torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2).float().contiguous()


def literal(image: np.ndarray, guide: np.ndarray) -> np.ndarray:
    """Blur one image ``(H, W, 3)`` with every distinct width of its guide, and pick per pixel."""
    smooth = gaussian_filter(guide, 5)
    level = np.round(smooth * 10 / smooth.max(), 1)
    out = image.copy()
    for each in np.unique(level):
        sigma = (10 - each) ** 4 / 10**3
        here = level == each
        out[here] = gaussian_filter(image, (sigma, sigma, 0))[here]
    return out


def run() -> dict[str, object]:
    images = photographs(16)
    coarse = torch.rand(16, 1, 7, 7, generator=torch.Generator().manual_seed(0)) * 255
    guides = torch.nn.functional.interpolate(coarse, size=(224, 224), mode="bicubic")[:, 0].clamp(0, 255)
    arrays = [(image.permute(1, 2, 0).numpy(), guide.numpy()) for image, guide in zip(images, guides, strict=True)]

    def loop():
        return np.stack([literal(image, guide) for image, guide in arrays])

    expected = torch.from_numpy(loop()).permute(0, 3, 1, 2)
    found: dict[str, object] = {}
    for name, levels in (("fast", BLUR_LEVELS), ("exact", None)):
        error = (guided_blur(images, guides, levels=levels) - expected).abs()
        times = in_turn(lambda levels=levels: guided_blur(images, guides, levels=levels), loop, runs=3)
        found[name] = {**times, "largest_error": error.max().item(), "mean_error": error.mean().item()}
        print(
            f"  {name}: {1 / times['ratio']:.0f}x faster than the scipy loop "
            f"({times['baseline_s'] / 16:.3f} s an image); "
            f"error at most {error.max().item():.4f}, mean {error.mean().item():.5f}"
        )
    return found
