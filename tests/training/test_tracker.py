import subprocess
import sys

import pytest
import torch
from PIL import Image
from torch import nn

import saliencekit as sk
from saliencekit.errors import InputError, ModelError, UsageError
from saliencekit.preprocessing import Preprocessing
from saliencekit.training import SalienceTracker


def network(channels=3):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        parts = nn.Conv2d(channels, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5)
        return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))


def images(count=6, channels=3):
    return torch.randn(count, channels, 8, 8, generator=torch.Generator().manual_seed(1))


def trained(*, tracked, folder=None):
    """Ten steps of a plain loop; every other one is looked at."""
    model, labels = network(), torch.arange(6) % 2
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        tracker = SalienceTracker(model, images(), folder=folder) if tracked else None
        for step in range(10):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(images()), labels)
            loss.backward()
            if tracker is not None and step % 2 == 0:
                tracker(step)  # between the gradient and the step
            optimizer.step()
    return model, tracker


def test_a_run_with_a_tracker_gives_the_same_weights(tmp_path):
    plain, _ = trained(tracked=False)
    seen, tracker = trained(tracked=True, folder=tmp_path)
    for name, value in plain.state_dict().items():
        assert torch.equal(value, seen.state_dict()[name]), name
    assert tracker.frame()["step"].tolist() == [0, 2, 4, 6, 8]
    assert tracker.frame()["entropy"].nunique() > 1
    assert sorted(each.name for each in tmp_path.iterdir()) == [f"step-00000{step}.png" for step in (0, 2, 4, 6, 8)]


@pytest.mark.parametrize(("target", "word"), [("predicted", "grad-cam"), ("label", "cam"), (1, "hires-cam")])
def test_rows_are_the_means_over_the_images(target, word):
    model, labels = network(), torch.tensor([0, 1, 1, 0, 1, 0])
    row = SalienceTracker(model, images(), labels=labels, target=target, salience=word)(7)
    maps = sk.EXTRACTORS[word](model.eval())(images(), target=target, labels=labels)
    assert row == {
        "step": 7,
        "entropy": pytest.approx(float(sk.cam_entropy(maps).mean())),
        "entropy_normalized": pytest.approx(float(sk.cam_entropy(maps).mean()) / 3.583519, rel=1e-5),  # ln 36
        "effective_area": pytest.approx(float(sk.effective_area(maps).mean())),
        "degenerate": float(sk.is_degenerate(maps).float().mean()),
    }


def test_rows_are_the_callers_and_images_are_kept():
    watched = images()
    tracker = SalienceTracker(network(), watched)
    first = tracker(0)
    first["entropy"] = -1.0
    watched.zero_()
    assert tracker(1)["entropy"] == tracker.history[0]["entropy"] > 0


def test_a_picture_of_a_few_images_spread_over_all():
    model, labels = network(), torch.arange(6) % 2
    tracker = SalienceTracker(model, images(), labels=labels, shown=2, classes=("$r$",))
    tracker(3)
    figure = tracker.show()
    assert len(figure.axes) == 2 * 2 + 1
    words = [text.get_text() for text in figure.texts]
    predicted = [("$r$", "class 1")[each] for each in model.eval()(images()).argmax(1)]
    titles = [a if a == b else f"{a}, taken for {b}" for a, b in (("$r$", predicted[0]), ("class 1", predicted[3]))]
    assert words[:3] == ["step 3: grad-cam, class explained: predicted", *titles]  # numbers 0 and 3
    assert tracker.plot().axes[0].get_xlabel() == "step"


def test_maps_alone_are_drawn_where_images_stay_at_home():
    tracker = SalienceTracker(network(), images(), shown=2, rows=("map",))
    tracker(0)
    assert [each.images[0].get_array().shape[:2] for each in tracker.show().axes[:2]] == [(6, 6), (6, 6)]


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
def test_any_number_of_channels_is_drawn(channels, tmp_path):
    tracker = SalienceTracker(network(channels), images(2, channels), folder=tmp_path)
    tracker(0)
    with Image.open(tmp_path / "step-000000.png") as picture:
        assert picture.height > 300


def test_preprocessing_is_undone_in_the_picture():
    """The mean of the normalised images is the mean grey."""
    watched = torch.zeros(1, 3, 8, 8)
    tracker = SalienceTracker(network(), watched, preprocessing=Preprocessing(mean=(0.2, 0.4, 0.6), std=(1, 1, 1)))
    tracker(0)
    assert tracker.show().axes[0].images[0].get_array()[0, 0].tolist() == [51, 102, 153]


def test_a_model_that_was_moved_to_another_dtype():
    model = network()
    tracker = SalienceTracker(model, images())
    before = tracker(0)["entropy"]
    model.double()
    assert tracker(1)["entropy"] == pytest.approx(before, rel=1e-5)


def test_in_inference_mode_and_under_autocast():
    model = network()
    expected = SalienceTracker(model, images())(0)
    tracker = SalienceTracker(model, images())
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        assert tracker(0) == expected


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        (
            {"images": torch.zeros(3, 8, 8)},
            InputError,
            r"shape \(N, C, H, W\), as the network takes them, got \(3, 8, 8\)",
        ),
        ({"images": [1]}, InputError, "got no tensor but list"),
        ({"images": torch.zeros(0, 3, 8, 8)}, InputError, r"got \(0, 3, 8, 8\)"),
        ({"images": torch.zeros(2, 3, 8, 8, dtype=torch.uint8)}, InputError, "got torch.uint8: normalise them first"),
        ({"labels": torch.zeros(2)}, InputError, r"`labels` of shape \(6,\), got \(2,\)"),
        ({"labels": [0, 1]}, InputError, "no tensor but list"),
        ({"target": "label"}, UsageError, "target='label' needs `labels`"),
        ({"target": "fake"}, UsageError, "'predicted', 'label' or a class's number, got 'fake'"),
        ({"salience": "gradcam"}, UsageError, "gradcam"),
        ({"layer": "nowhere"}, ModelError, "nowhere"),
        ({"shown": 0}, UsageError, "`shown` of at least 1, got 0"),
        ({"rows": ()}, UsageError, r"`rows` to list some of image, overlay, map, got \(\)"),
        ({"rows": ("face",)}, UsageError, "face"),
    ],
)
def test_bad_input(settings, error, message):
    with pytest.raises(error, match=message):
        SalienceTracker(**{"model": network(), "images": images()} | settings)


def test_it_needs_no_lightning():
    code = (
        "import sys\nfrom saliencekit import SalienceTracker, show_maps\n"
        "print([name for name in ('lightning', 'matplotlib', 'pandas', 'captum') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_before_the_first_look():
    tracker = SalienceTracker(network(), images())
    assert tracker.frame().empty
    for drawn in (tracker.show, tracker.plot):
        with pytest.raises(UsageError, match="yet"):
            drawn()
