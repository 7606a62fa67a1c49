"""The dry run: the few images that serve as the others, and what is at fault shown before anything is written."""

import dataclasses
import shutil

import pytest
import torch

import saliencekit as sk
from saliencekit import GradCAM, load_model
from saliencekit.auditing.engine import Engine
from saliencekit.auditing.gathering import subjects_of
from saliencekit.auditing.passes import OTHERS, with_others
from saliencekit.measures import Entropy
from saliencekit.preprocessing import Preprocessing

SMALL = Preprocessing(size=(56, 56), channels=1, mean=(0.5,), std=(0.25,))


@pytest.fixture
def engine(checkpoints):
    extractors = tuple(GradCAM(load_model(path)) for path in checkpoints[:2])
    return Engine(
        extractors, ("model", "second"), (Entropy(),), torch.device("cpu"), lambda images: images, "predicted", 0
    )


@pytest.fixture
def many():
    return torch.rand(OTHERS + 8, 1, 16, 16, generator=torch.Generator().manual_seed(0))


def test_few_images_are_all_taken(engine, folder):
    ready, pixels = with_others(engine, subjects_of(folder, SMALL), seed=0)
    assert sorted(ready.others.images) == sorted(subjects_of(folder, SMALL).images)
    assert ready.others.maps.shape == (2, 12, 7, 7)
    assert pixels.shape == (12, 1, 56, 56)


def test_many_images_are_drawn_from_by_the_seed(engine, many):
    subjects = subjects_of(many, SMALL)
    chosen = [with_others(engine, subjects, seed=seed)[0].others.images for seed in (0, 0, 1)]
    assert len(set(chosen[0])) == OTHERS
    assert chosen[0] == chosen[1]
    assert set(chosen[0]) != set(chosen[2])


def test_maps_and_pixels_are_those_of_the_images_named(engine, many):
    ready, pixels = with_others(engine, subjects_of(many, SMALL), seed=0)
    numbers = [int(image) for image in ready.others.images]
    assert torch.equal(pixels, many[numbers])
    for run, extract in enumerate(engine.extractors):
        assert torch.allclose(ready.others.maps[run], extract(many[numbers]), atol=1e-5)


def test_the_choice_is_of_names_and_not_of_places(engine, folder, tmp_path):
    """One more image moves all places and leaves the order of the others."""
    shutil.copytree(folder, tmp_path / "more")
    shutil.copy(folder / "fake" / "0.png", tmp_path / "more" / "fake" / "00.png")
    before = with_others(engine, subjects_of(folder, SMALL), seed=0)[0].others.images
    after = with_others(engine, subjects_of(tmp_path / "more", SMALL), seed=0)[0].others.images
    assert tuple(image for image in after if image != "fake/00.png") == before


def test_unreadable_images_are_passed_over(engine, folder, tmp_path):
    shutil.copytree(folder, tmp_path / "data")
    (tmp_path / "data" / "real" / "broken.png").write_bytes(b"no image")
    ready, _ = with_others(engine, subjects_of(tmp_path / "data", SMALL), seed=0)
    assert len(ready.others.images) == 12


def test_none_readable_names_the_first(engine, tmp_path):
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"no image")
    with pytest.raises(sk.DataError, match=r"none of the 2 images of .* could be read; the first: [ab]\.png: "):
        with_others(engine, subjects_of(tmp_path, SMALL), seed=0)


# Pepper and salt


def test_files_run_from_0_to_1(engine, folder):
    assert with_others(engine, subjects_of(folder, SMALL), seed=0)[0].value_range == (0.0, 1.0)


@pytest.mark.parametrize(("scale", "offset"), [(1.0, 0.0), (4.0, -2.0)])
def test_tensors_run_over_their_own_values(engine, many, scale, offset):
    images = many[:20] * scale + offset
    low, high = with_others(engine, subjects_of(images, SMALL), seed=0)[0].value_range
    assert low == pytest.approx(images.min().item())
    assert high == pytest.approx(images.max().item())


def test_a_tensor_of_bytes_runs_as_the_network_sees_it(engine, many):
    """Bytes are divided by 255 on their way to the network; salt is then 1, not 255."""
    grey = (many * 255).byte()
    ready, _ = with_others(dataclasses.replace(engine, normalise=None), subjects_of(grey, SMALL), seed=0)
    assert 0 <= ready.value_range[0] < ready.value_range[1] <= 1


# What is at fault is one sentence, and nothing is written that looks whole


def refuses(folder, error, sentence, *args, **settings):
    with pytest.raises(error, match=sentence):
        sk.audit(*args, output=folder, **settings)
    assert not (folder / "summary.json").exists()


def test_a_wrong_number_of_channels(checkpoints, tmp_path):
    model = load_model(checkpoints[0])
    refuses(tmp_path / "audit", sk.InputError, r"channels", model, torch.zeros(3, 3, 56, 56))


def test_images_that_the_network_is_too_deep_for(checkpoints, tmp_path):
    model = load_model(checkpoints[0])
    refuses(tmp_path / "audit", sk.InputError, r"1, 2, 2", model, torch.rand(3, 1, 2, 2))


def test_a_network_that_raises(folder, tmp_path):
    class Broken(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 4, 3)
            self.head = torch.nn.Linear(4, 2)

        def forward(self, images):
            raise KeyError("pixel_values")

    refuses(tmp_path / "audit", sk.ModelError, "pixel_values", Broken(), folder)


def test_labels_asked_for_where_there_are_none(checkpoints, elsewhere, tmp_path):
    refuses(tmp_path / "audit", sk.SaliencekitError, "label", checkpoints[0], elsewhere, target="label")


def test_a_class_that_the_network_does_not_have(checkpoints, folder, tmp_path):
    refuses(tmp_path / "audit", sk.InputError, "expected `target` from 0 to 1, got 7", checkpoints[0], folder, target=7)


def test_other_sets_of_another_grid_are_not_compared(checkpoints, tmp_path):
    """Entropy in nats grows with the grid, so that a larger image would be an outlier for its size."""
    model, draw = load_model(checkpoints[0]), torch.Generator().manual_seed(0)
    inside, outside = torch.rand(4, 1, 56, 56, generator=draw), torch.rand(3, 1, 56, 72, generator=draw)
    refuses(tmp_path / "audit", sk.InputError, r"\(7, 7\).*\(7, 9\)", model, inside, out_of_set=[outside])


def test_other_sets_of_which_nothing_can_be_read_are_not_called_missing(checkpoints, folder, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.png").write_bytes(b"no image")
    result = sk.audit(checkpoints[0], folder, out_of_set=[tmp_path / "other"], output=tmp_path / "audit")
    entry = result.summary["measures"]["out_of_set"]
    assert entry["status"] == "not applicable"
    assert "could be read" in entry["reason"]
