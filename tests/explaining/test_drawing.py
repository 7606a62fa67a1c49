import numpy as np
import pytest
import torch
from PIL import Image

from saliencekit.explaining.drawing import magnitude, ranked, target_score, write_image
from saliencekit.explaining.network import Look
from saliencekit.explaining.seeing import Seen
from saliencekit.explaining.settings import ExplanationSettings
from saliencekit.explaining.subjects import Subject
from saliencekit.showing.overlay import overlay


def test_ranked_by_hand():
    logits = torch.tensor([0.0, 2.0, 1.0]).log()  # shares 0, 2/3, 1/3
    assert [(each["class"], each["index"]) for each in ranked(logits, ("a", "b"), topk=5)] == [
        ("b", 1),
        ("2", 2),
        ("a", 0),
    ]
    assert ranked(logits, (), topk=1)[0]["score"] == pytest.approx(2 / 3)


def test_one_logit_has_two_classes():
    (first, second) = ranked(torch.tensor([-1.0]), ("real", "fake"), topk=3)
    assert (first["class"], second["class"]) == ("real", "fake")
    assert second["score"] == pytest.approx(1 / (1 + np.e))
    assert target_score(torch.tensor([-1.0]), 0, ("real", "fake")) == first


def test_scores_that_are_no_numbers_are_null_and_last():
    assert [each["score"] for each in ranked(torch.tensor([torch.nan, 0.0]), (), topk=2)] == [None, None]


def test_magnitude():
    values = np.zeros((10, 10))
    values[0, 0], values[0, 1:6] = -90.0, 1.0
    drawn = magnitude(values)
    assert drawn[0, 0] == drawn.max()
    assert drawn.max() < 2
    alone = np.zeros((20, 20))
    alone[3, 3] = -5  # 99 % are zero
    assert magnitude(alone)[3, 3] == 5
    assert np.isnan(magnitude(np.full((2, 2), np.nan))).all()


@pytest.fixture
def seen():
    picture = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    return Seen(torch.zeros(3, 8, 8, dtype=torch.uint8), picture, (30, 20), (5, 0, 25, 20))


def write(folder, seen, looks, **settings):
    settings = ExplanationSettings(**settings)
    predicted = [{"class": "b", "index": 1, "score": 0.9}]
    subject = Subject("photos/x y.png", folder / "x y.png", "x y", "a")
    return write_image(folder, subject, seen, looks, predicted=predicted, target=predicted[0], settings=settings)


def test_files_of_one_method(tmp_path, seen):
    salience = torch.tensor([[0.0, -1.0], [3.0, 1.0]])
    entry = write(tmp_path, seen, {"grad-cam": ("layer4", Look(salience, 1.2, False))}, alpha=0.7, colormap="magma")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x y.grad-cam.npy", "x y.grad-cam.png"]
    kept = np.load(tmp_path / "x y.grad-cam.npy", allow_pickle=False)
    assert kept.dtype == np.float32
    np.testing.assert_array_equal(kept, salience.numpy())
    with Image.open(tmp_path / "x y.grad-cam.png") as image:
        expected = overlay(seen.picture, salience.numpy(), strength=0.7, colormap="magma", box=seen.box)
        np.testing.assert_array_equal(np.asarray(image), expected)
    assert entry == {
        "image": "photos/x y.png",
        "label": "a",
        "size": [30, 20],
        "predicted": [{"class": "b", "index": 1, "score": 0.9}],
        "target": {"class": "b", "index": 1, "score": 0.9},
        "salience": {
            "grad-cam": {
                "layer": "layer4",
                "grid": [2, 2],
                "low": -1.0,
                "high": 3.0,
                "entropy": 1.2,
                "degenerate": False,
                "map": "x y.grad-cam.npy",
                "overlay": "x y.grad-cam.png",
            }
        },
        "figure": None,
    }


def test_several_methods_or_side_by_side_make_a_figure(tmp_path, seen):
    look = Look(torch.rand(2, 2), 1.2, False)
    entry = write(tmp_path, seen, {"cam": ("4", look), "captum:Saliency": ("input", look)})
    assert entry["figure"] == "x y.salience.png"
    assert entry["salience"]["captum:Saliency"]["map"] == "x y.captum-Saliency.npy"
    with Image.open(tmp_path / "x y.salience.png") as image:
        assert image.width > 3 * 30
    assert write(tmp_path, seen, {"cam": ("4", look)}, side_by_side=True)["figure"] == "x y.salience.png"


def test_a_map_that_is_no_number(tmp_path, seen):
    entry = write(tmp_path, seen, {"cam": ("4", Look(torch.full((2, 2), torch.nan), 1.4, True))})
    assert entry["salience"]["cam"]["low"] is entry["salience"]["cam"]["high"] is None
    assert entry["salience"]["cam"]["degenerate"]
