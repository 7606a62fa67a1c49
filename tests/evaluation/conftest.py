"""Pictures whose brightness is their score, and a network that reads it."""

import csv

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from saliencekit.evaluation.scores import Scores
from saliencekit.preprocessing import Preprocessing

PLAIN = Preprocessing(size=(16, 16), channels=1, mean=(0.5,), std=(0.25,), source="test")


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def plain():
    return PLAIN


@pytest.fixture
def detector_of():
    """Return a network whose logits are multiples of the mean brightness, in [-2, 2] before them."""

    def build(*weights):
        network = nn.Sequential(
            nn.Conv2d(1, 1, 1, bias=False), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1, len(weights))
        )
        with torch.no_grad():
            network[0].weight.fill_(1)
            network[3].weight.copy_(torch.tensor(weights)[:, None])
            network[3].bias.zero_()
        return network.eval()

    return build


@pytest.fixture
def write_pictures():
    """Return a writer of a manifest: rows of (name, label, split, group, brightness); brightness None is no image."""

    def write(folder, rows):
        folder.mkdir(parents=True, exist_ok=True)
        random = np.random.default_rng(0)
        for name, _, _, _, brightness in rows:
            if brightness is None:
                (folder / name).write_text("this is no picture")
                continue
            pixels = brightness + random.integers(-20, 21, (16, 16))
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / name)
        manifest = folder / "manifest.csv"
        with manifest.open("w", newline="") as stream:
            csv.writer(stream).writerows([["path", "label", "split", "group"], *(row[:4] for row in rows)])
        return manifest

    return write


@pytest.fixture
def pictures(tmp_path, write_pictures):
    """Ten validation and forty test pictures; synthetic ones are brighter, those of "easy" most."""
    rows = []
    for split, count in (("val", 10), ("test", 40)):
        for number in range(count):
            fake = number % 2
            group = ("easy", "hard")[number // 2 % 2] if fake else "camera"
            brightness = (170 + 3 * (number % 7) if group == "easy" else 131 if fake else 100) + number % 5 * 8
            rows.append((f"{split}-{number:02d}.png", ("real", "fake")[fake], split, group, brightness))
    return write_pictures(tmp_path / "pictures", rows)


@pytest.fixture
def scores_of():
    """Return scores of a split: ``scores_of(real=[...], easy=[...], hard=[...])``, sigmoid and softmax alike."""

    def make(real=(), **groups):
        names = tuple(sorted(groups))
        values = np.array([*real, *(each for name in names for each in groups[name])], dtype=np.float64)
        group = np.repeat(np.arange(-1, len(names)), [len(real), *(len(groups[name]) for name in names)])
        return Scores(values, values.copy(), group >= 0, group.astype(np.int32), names)

    return make
