"""Small real files to audit: photographs of scikit-image cut into a labelled folder, and small networks."""

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from saliencekit.models import build_model, save_model
from saliencekit.preprocessing import Preprocessing

from .records_by_hand import entropy_records, known_of

SMALL = Preprocessing(size=(56, 56), channels=1, mean=(0.5,), std=(0.25,))


def cut(photograph, count, seed):
    """Return random square cuts of a photograph."""
    random = np.random.default_rng(seed)
    for _ in range(count):
        side = 96
        top, left = (int(random.integers(0, length - side)) for length in photograph.shape[:2])
        yield Image.fromarray(photograph[top : top + side, left : left + side])


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Twelve cuts of a cat (real) and of a cup (fake)."""
    root = tmp_path_factory.mktemp("data")
    for name, photograph, seed in (("real", data.chelsea(), 0), ("fake", data.coffee(), 1)):
        (root / name).mkdir()
        for number, image in enumerate(cut(photograph, 6, seed)):
            image.save(root / name / f"{number}.png")
    return root


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory):
    """Five cuts of a rocket."""
    root = tmp_path_factory.mktemp("elsewhere")
    for number, image in enumerate(cut(data.rocket(), 5, 2)):
        image.save(root / f"{number}.png")
    return root


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory):
    """Three runs of the small network, with different weights."""
    root = tmp_path_factory.mktemp("runs")
    paths = []
    for seed in range(3):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            model = build_model("saliencekit:small-cnn", num_classes=2)
        path = root / f"run-{seed}" / "model.pt"
        save_model(model, path, arch="saliencekit:small-cnn", classes=("real", "fake"), preprocessing=SMALL)
        paths.append(path)
    return paths


@pytest.fixture
def known():
    """Four images: the third is flat, the last has no label."""
    return known_of(
        entropy_records(
            [1, 2, 3, 4],
            labels=["real", "real", "fake", None],
            predicted=["real", "fake", "fake", "real"],
            groups=["camera", None, "swap", "swap"],
            degenerate=[False, False, True, False],
        )
    )
