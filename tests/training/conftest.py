"""A data set that a tiny network learns in seconds: fake images have a bright square, and the map says where."""

import csv

import numpy as np
import pytest
import torch
from PIL import Image

from saliencekit.preprocessing import Preprocessing


@pytest.fixture
def preprocessing():
    return Preprocessing(size=(32, 32), channels=1, mean=(0.5,), std=(0.25,), source="test")


@pytest.fixture
def write_squares():
    """Return a writer of such a data set: ``write(folder, train=..., val=...) -> manifest``."""

    def write(folder, *, train=24, val=12, maps=True, seed=0):
        generator = np.random.default_rng(seed)
        folder.mkdir(parents=True, exist_ok=True)
        rows = []
        for split, count in (("train", train), ("val", val)):
            for number in range(count):
                label, name = number % 2, f"{split}-{number:02d}"
                pixels = generator.integers(60, 120, (32, 32))
                where = np.zeros((32, 32), dtype=np.uint8)
                if label:
                    row, column = generator.integers(0, 22, 2)
                    pixels[row : row + 10, column : column + 10] += 120
                    where[row : row + 10, column : column + 10] = 255
                Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{name}.png")
                has_map = maps and label == 1
                if has_map:
                    Image.fromarray(where).save(folder / f"{name}-map.png")
                rows.append([f"{name}.png", ["real", "fake"][label], split, f"{name}-map.png" if has_map else ""])
        manifest = folder / "manifest.csv"
        with manifest.open("w", newline="") as stream:
            csv.writer(stream).writerows([["path", "label", "split", "human_map"], *rows])
        return manifest

    return write


@pytest.fixture
def squares(tmp_path, write_squares):
    return write_squares(tmp_path / "squares")


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
