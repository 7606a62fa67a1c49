"""The formulas of METHODS 4, transcribed literally: Python floats, one cell after the other."""

import math
from types import SimpleNamespace

import pytest
import torch


def cross_entropy(logits, label):
    if len(logits) == 1:
        p = 1 / (1 + math.exp(-logits[0]))
        return -math.log(p if label == 1 else 1 - p)
    return -math.log(math.exp(logits[label]) / sum(math.exp(each) for each in logits))


def unit_range(grid):
    cells = [cell for row in grid for cell in row]
    low, high = min(cells), max(cells)
    if low == high:
        return [[0.0 for _ in row] for row in grid]
    return [[(cell - low) / (high - low) for cell in row] for row in grid]


def entropy(grid):
    cells = [cell for row in unit_range(grid) for cell in row]
    total = sum(cells)
    if total == 0:
        return math.log(len(cells))
    return -sum(cell / total * math.log(cell / total) for cell in cells if cell > 0)


def distance(human, model):
    pairs = [
        (a, b)
        for human_row, model_row in zip(unit_range(human), unit_range(model), strict=True)
        for a, b in zip(human_row, model_row, strict=True)
    ]
    return sum((a - b) ** 2 for a, b in pairs) / len(pairs)


def mean(values):
    values = list(values)
    return sum(values) / len(values)


@pytest.fixture
def literal():
    """The transcribed pieces, by name."""
    return SimpleNamespace(
        cross_entropy=cross_entropy, unit_range=unit_range, entropy=entropy, distance=distance, mean=mean
    )


@pytest.fixture
def make_batch():
    """Return a maker of float64 batches: logits, labels, maps, human_maps."""

    def make(n=5, k=2, size=(7, 7), seed=0):
        generator = torch.Generator().manual_seed(seed)

        def draw(*shape):
            return torch.randn(*shape, generator=generator, dtype=torch.float64)

        labels = torch.randint(0, max(k, 2), (n,), generator=generator)
        return SimpleNamespace(
            logits=draw(n, k), labels=labels, maps=draw(n, *size), human_maps=draw(n, *size).square()
        )

    return make
