import pandas as pd
import pytest
import torch

from saliencekit import measures
from saliencekit.auditing.alone import HeldRecords, measured
from saliencekit.errors import InputError, UsageError
from saliencekit.functional import bootstrap_mean


class Bright:
    """A stand-in for an extractor: the map is the brightness of blocks."""

    def __call__(self, images, target="predicted", labels=None):
        maps = torch.nn.functional.avg_pool2d(images.mean(1), 4)
        self.logits = torch.stack([-maps.mean((1, 2)), maps.mean((1, 2))], 1)
        self.target = torch.ones(len(images), dtype=torch.int64)
        return maps


@pytest.fixture
def images():
    return torch.rand(6, 1, 32, 32, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", measures.MEASURES)
def test_value_and_interval_are_those_of_the_images(name, images):
    measure = measures.MEASURES[name]()
    rows = measure(Bright(), images, runs=[Bright()])
    before = rows.copy()
    found = measured(rows, name, seed=3)
    pd.testing.assert_frame_equal(rows, before)
    assert found.name == name
    if name == "out_of_set":  # there is no other set
        assert found.entry["status"] == "not applicable"
        return
    expected = bootstrap_mean(
        torch.tensor(measure.per_image(rows)[measure.headline.column].to_numpy(), dtype=torch.float64), seed=3
    )
    assert found.entry["value"] == pytest.approx(expected.value)
    assert (found.entry["ci_low"], found.entry["ci_high"]) == pytest.approx((expected.low, expected.high))
    assert found.entry["n"] == 6


def test_constant_maps_are_counted(images):
    images[2] = 0.5
    found = measured(measures.Entropy()(Bright(), images), "entropy")
    assert found.entry["degenerate"] == 1


def test_what_is_not_known_of_the_images_is_missing(images):
    found = measured(measures.Entropy()(Bright(), images), "entropy")
    assert found.records[["label", "group", "predicted"]].isna().to_numpy().all()
    assert "label" not in found.entry["groups"]


def test_records_in_memory():
    frame = pd.DataFrame({"image": [0, 1], "entropy": [1.0, 2.0]})
    held = HeldRecords({"entropy": frame})
    taken = held["entropy"]
    taken["entropy"] = 0.0
    assert held["entropy"]["entropy"].tolist() == [1.0, 2.0]
    assert (list(held), len(held), "entropy" in held, "stability" in held) == (["entropy"], 1, True, False)
    assert list(held.columns("entropy", ["entropy", "label"])) == ["entropy"]
    assert [list(each) for each in held.pieces("entropy", ["image"])] == [["image"]]


def test_rows_of_another_measure(images):
    rows = measures.Entropy()(Bright(), images)
    with pytest.raises(
        InputError, match=r"saliencekit\.measures\.Equivariance returns them, got none with a column 'tr"
    ):
        measured(rows, "equivariance")
    with pytest.raises(InputError, match="there are none"):
        measured(pd.DataFrame(), "entropy")
    with pytest.raises(UsageError, match="unknown measure 'focus': expected one of entropy"):
        measured(rows, "focus")
