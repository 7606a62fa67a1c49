import dataclasses

import pytest
import torch

from saliencekit import GradCAM, load_model
from saliencekit.auditing.engine import Engine
from saliencekit.measures import MEASURES, Entropy

CPU = torch.device("cpu")


@pytest.fixture
def engine(checkpoints):
    extract = GradCAM(load_model(checkpoints[0]))
    return Engine((extract,), ("model",), (Entropy(),), CPU, lambda images: (images - 0.5) / 0.25, "predicted", seed=0)


@pytest.fixture
def pixels():
    return torch.randint(0, 256, (5, 1, 56, 56), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def names(count):
    return tuple(f"{each}.png" for each in range(count))


# Images


def test_bytes_become_shares_and_are_normalised(engine, pixels):
    ready = engine.ready(pixels)
    assert torch.allclose(ready, (pixels.float() / 255 - 0.5) / 0.25)
    assert torch.equal(dataclasses.replace(engine, normalise=None).ready(pixels), pixels.float() / 255)


def test_images_that_come_as_the_network_takes_them_are_left_alone(engine):
    images = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 9
    assert torch.equal(dataclasses.replace(engine, normalise=None).ready(images), images)


# Batches


def test_a_batch_is_its_images(engine, pixels):
    whole = engine.measure(pixels, names(5), None)
    for number in range(5):
        alone = engine.measure(pixels[number : number + 1], names(5)[number : number + 1], None)
        assert torch.allclose(alone.maps[0], whole.maps[number], atol=1e-6)
        assert torch.allclose(
            alone.rows["entropy"].values["entropy"][:, 0], whole.rows["entropy"].values["entropy"][:, number], atol=1e-5
        )
        assert alone.predicted[0] == whole.predicted[number]


def test_the_pixels_are_not_written_to(engine, pixels):
    before = pixels.clone()
    measures = tuple(measure() for name, measure in MEASURES.items() if name != "stability")
    dataclasses.replace(engine, measures=measures, others=None).measure(pixels, names(5), None)
    assert torch.equal(pixels, before)


@pytest.mark.parametrize("target", [0, 1])
def test_a_class_asked_for_is_the_class_explained(engine, pixels, target):
    clean = dataclasses.replace(engine, target=target).look(pixels, names(5), None)
    assert clean.target.tolist() == [target] * 5


def test_labels_are_the_classes_explained(engine, pixels):
    labels = torch.tensor([0, 1, 1, 0, 1])
    clean = dataclasses.replace(engine, target="label").look(pixels, names(5), labels)
    assert torch.equal(clean.target, labels)


def test_each_view_is_computed_once(engine):
    twice = dataclasses.replace(engine, measures=(MEASURES["equivariance"](), MEASURES["equivariance"]()))
    assert len(twice.views) == 12
    assert twice.forwards == 13


def test_views_of_all_measures(engine):
    every = dataclasses.replace(engine, measures=tuple(measure() for measure in MEASURES.values()))
    # 7 amounts of noise, 12 transforms, 2 blurs, 3 orders of 4 shares, and all pixels replaced, which has no order
    assert every.forwards == 1 + 7 + 12 + 2 + 12 + 1
