"""From a checkpoint and files to a folder of pictures: batches, targets, skipping, overwriting."""

import json
import os

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from saliencekit.errors import DataError, UsageError
from saliencekit.explaining import explain, load_explanation
from saliencekit.extractors import GradCAM
from saliencekit.models import SmallCNN
from saliencekit.preprocessing import Preprocessing

GREY = Preprocessing(size=(56, 56), channels=1, mean=(0.5,), std=(0.5,))
COLOUR = Preprocessing(size=(40, 48), resize="crop", resize_to=50)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return SmallCNN(num_classes=2, width=4).eval()


@pytest.fixture
def colour():
    torch.manual_seed(0)
    pool = (nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.ReLU(), nn.Conv2d(8, 8, 3, 2), nn.ReLU(), *pool, nn.Linear(8, 5))


@pytest.fixture
def images(tmp_path):
    random = np.random.default_rng(0)
    for number in range(5):
        path = tmp_path / "images" / ("real" if number % 2 else "fake") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (60, 80, 3), dtype=np.uint8)).save(path)
    return tmp_path / "images"


def run(network, images, tmp_path, preprocessing=GREY, output="out", **settings):
    return explain(network, images, preprocessing=preprocessing, output=tmp_path / output, **settings)


def test_maps_are_the_extractors_and_batches_do_not_matter(network, images, tmp_path):
    found = run(network, images, tmp_path, batch_size=2)
    other = run(network, images, tmp_path, output="other", batch_size=5)
    assert (found.explained, found.skipped, found.folder) == (5, 0, tmp_path / "out")
    from saliencekit.data import load_image

    for entry, again in zip(found.predictions["images"], other.predictions["images"], strict=True):
        pixels = load_image(entry["image"], GREY)[None].float() / 255
        maps = GradCAM(network)((pixels - 0.5) / 0.5)
        kept = [np.load(each.folder / entry["salience"]["grad-cam"]["map"]) for each in (found, other)]
        np.testing.assert_allclose(kept[0], maps[0].numpy(), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(kept[0], kept[1], rtol=1e-4, atol=1e-6)
        assert entry["predicted"][0]["score"] == pytest.approx(again["predicted"][0]["score"], rel=1e-5)
        assert entry["target"] == entry["predicted"][0]
        assert len(entry["predicted"]) == 2
    assert load_explanation(tmp_path / "out").predictions == found.predictions


def test_targets(network, images, tmp_path):
    def targets(target, network=network, **more):
        found = run(network, images, tmp_path, target=target, overwrite=True, **more)
        return [entry["target"]["index"] for entry in found.predictions["images"]]

    assert targets(1) == targets("1") == [1] * 5
    labels = run(network, images, tmp_path, target="label", overwrite=True).predictions["images"]
    assert [(entry["label"], entry["target"]["index"]) for entry in labels] == [("fake", 1)] * 3 + [("real", 0)] * 2
    with pytest.raises(UsageError, match=r"got 'fake'; the model names no classes$"):
        targets("fake")
    with pytest.raises(DataError, match=r"^the target 'label' needs a label for each image, and .*0.png has none"):
        run(network, images / "fake" / "0.png", tmp_path, target="label", overwrite=True)


def test_several_methods_layers_and_a_colour_network(colour, images, tmp_path):
    found = run(colour, images, tmp_path, COLOUR, salience=["grad-cam", "captum:Saliency"], layer="0+2", topk=9)
    entry = found.predictions["images"][0]
    assert entry["salience"]["grad-cam"]["layer"] == "0+2"
    assert entry["salience"]["grad-cam"]["grid"] == [19, 23]
    assert entry["salience"]["captum:Saliency"]["grid"] == [40, 48]
    assert len(entry["predicted"]) == 5
    with Image.open(found.folder / entry["salience"]["grad-cam"]["overlay"]) as image:
        assert image.size == (240, 180)  # the photograph, three times as large
    assert (found.folder / entry["figure"]).is_file()
    assert colour.training


def test_unreadable_images_are_skipped_and_named(network, images, tmp_path):
    (images / "real" / "broken.png").write_text("nothing")
    found = run(network, [images, tmp_path / "missing.png"], tmp_path, batch_size=1)
    assert (found.explained, found.skipped) == (5, 2)
    reasons = {os.path.basename(each["image"]): each["reason"] for each in found.predictions["skipped"]}
    assert reasons == {
        "broken.png": "its content is no image that Pillow can read",
        "missing.png": "the file does not exist",
    }


def test_nothing_to_explain(network, images, tmp_path):
    for path in images.rglob("*.png"):
        path.write_text("nothing")
    with pytest.raises(DataError, match=r"^none of 5 images could be read; the first, .*0.png: its content is"):
        run(network, images, tmp_path)
    assert not (tmp_path / "out" / "predictions.json").exists()
    with pytest.raises(DataError, match=r"^none of 1 images could be read; the first, .*none.png: the file does"):
        run(network, tmp_path / "none.png", tmp_path)
    with pytest.raises(DataError, match=r"^expected at least one image to explain, got none$"):
        run(network, [], tmp_path)


def test_a_finished_explanation_is_replaced_only_if_asked(network, images, tmp_path):
    first = run(network, images, tmp_path, side_by_side=True)
    (first.folder / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"holds an explanation already: choose another folder, or overwrite it$"):
        run(network, images, tmp_path)
    run(network, images / "fake" / "0.png", tmp_path, salience="cam", overwrite=True)
    names = sorted(path.name for path in first.folder.iterdir() if path.name != ".lock")
    assert names == ["0.cam.npy", "0.cam.png", "notes.txt", "predictions.json"]


def test_a_failing_overwrite_keeps_what_was_there(network, images, tmp_path):
    first = run(network, images, tmp_path)
    before = (first.folder / "predictions.json").read_text()
    with pytest.raises(DataError):
        run(network, tmp_path / "none.png", tmp_path, overwrite=True)
    assert (first.folder / "predictions.json").read_text() == before
    assert len(list(first.folder.glob("*.png"))) == 5


def test_images_in_the_output_folder_are_never_overwritten(network, images, tmp_path):
    before = {path: path.read_bytes() for path in images.rglob("*.png")}
    explain(network, images / "fake", preprocessing=GREY, output=images / "fake", side_by_side=True)
    assert {path: path.read_bytes() for path in before} == before


def test_predictions_are_strict_json(network, images, tmp_path):
    with torch.no_grad():
        list(network.parameters())[-1].fill_(1e38)  # logits beyond what a float holds for some sums
    found = run(network, images, tmp_path)
    text = (found.folder / "predictions.json").read_text()
    json.loads(text, parse_constant=pytest.fail)
