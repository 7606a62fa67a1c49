import dataclasses

import pytest
import torch

from saliencekit import GradCAM, load_model
from saliencekit.auditing.engine import Engine, Others
from saliencekit.functional.random import Draw
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


# The map of another image


def others(count, runs=2):
    """Map ``k`` of run ``r`` is filled with ``10 r + k``, so that it tells whose it is."""
    values = torch.arange(count) + 10.0 * torch.arange(runs)[:, None]
    return Others(names(count), values[:, :, None, None].expand(-1, -1, 2, 2))


@pytest.mark.parametrize("count", [2, 3, 8])
def test_it_is_never_that_of_the_image_itself(count):
    for seed in range(30):
        maps = others(count).of(Draw.of(seed, names(count), "audit"), names(count))
        assert (maps[0, :, 0, 0] != torch.arange(count)).all()


def test_every_run_shows_the_same_other_image():
    maps = others(8, runs=3).of(Draw.of(0, names(5), "audit"), names(5))
    assert maps.shape == (3, 5, 2, 2)
    assert torch.equal(maps[1], maps[0] + 10)
    assert torch.equal(maps[2], maps[0] + 20)


def test_it_is_a_function_of_the_seed_and_the_name():
    whole = others(8).of(Draw.of(0, names(20), "audit"), names(20))
    for number, name in enumerate(names(20)):
        alone = others(8).of(Draw.of(0, [name], "audit"), [name])
        assert torch.equal(alone[:, 0], whole[:, number])
    assert not torch.equal(others(8).of(Draw.of(1, names(20), "audit"), names(20)), whole)


def test_all_of_them_serve():
    maps = others(8).of(Draw.of(0, [f"x{each}" for each in range(400)], "audit"), [f"x{each}" for each in range(400)])
    counts = torch.bincount(maps[0, :, 0, 0].long(), minlength=8)
    assert (counts > 25).all()  # 50 are expected of each


@pytest.mark.parametrize("count", [0, 1])
def test_without_another_image_there_is_none(count):
    assert others(count).of(Draw.of(0, names(3), "audit"), names(3)).shape == (2, 0, 2, 2)


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
