from pathlib import Path

import pytest

from saliencekit.errors import ModelError, UsageError
from saliencekit.models.record import Record, is_record, read_record
from saliencekit.preprocessing import Preprocessing

FULL = Record("resnet18", ("real", "fake"), Preprocessing(), "faces/manifest.csv", {"epochs": 3, "loss": [1.5, None]})


def test_what_is_written_is_read() -> None:
    assert read_record(FULL.to_dict()) == FULL
    assert read_record(Record("resnet18").to_dict()) == Record("resnet18")
    assert is_record(FULL.to_dict())
    assert not is_record([1])


def test_data_is_absolute_or_beside_the_checkpoint() -> None:
    assert FULL.data_path(Path("/runs/3/model.pt")) == "/runs/3/faces/manifest.csv"
    assert Record("a", data="/d/m.csv").data_path(Path("/runs/3/model.pt")) == "/d/m.csv"
    assert Record("a").data_path(Path("/runs/3/model.pt")) is None


@pytest.mark.parametrize("training", [{"loss": float("nan")}, {"model": object()}])
def test_a_training_record_that_is_no_json_is_refused(training: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="training record cannot be written as JSON"):
        Record("a", training=training).to_dict()


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("version", 2, "expected a checkpoint of version 1, got 2"),
        ("version", None, "got None"),
        ("arch", 3, "another type"),
        ("arch", None, "another type"),
        ("classes", "real", "another type"),
        ("classes", [1], "another type"),
        ("data", 3, "another type"),
        ("training", None, "another type"),
        ("preprocessing", {"size": [1, 1], "no_such": 2}, "preprocessing cannot be read"),
        ("preprocessing", {"size": "large"}, "preprocessing"),
        ("preprocessing", {"std": [0, 0, 0]}, "positive"),
        ("preprocessing", [], "another type"),
    ],
)
def test_a_spoiled_record_is_refused(field: str, value: object, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        read_record({**FULL.to_dict(), field: value})
