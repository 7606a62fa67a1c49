import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch

from saliencekit import ModelError, Preprocessing
from saliencekit.auditing.found import Found
from saliencekit.auditing.gathering import subjects_of
from saliencekit.auditing.parts import Account, Parts
from saliencekit.auditing.recording import Recorder
from saliencekit.measures import Rows
from saliencekit.measures.kinds import KINDS

CLASSES = ("real", "fake")


@pytest.fixture
def subjects():
    """Five images: names 0 to 4, one without a label, one without a group."""
    made = subjects_of(torch.zeros(5, 1, 8, 8), Preprocessing(channels=1, mean=(0.0,), std=(1.0,)))
    return dataclasses.replace(made, labels=(0, 1, None, 1, 0), groups=("a", None, "b", "b", "a"), classes=CLASSES)


def found(index, *, predicted=None, finite=None, degenerate=None):
    """What a batch of these images gives: every number tells which image it belongs to."""
    numbers = torch.tensor(index, dtype=torch.float32)
    flat = torch.tensor(degenerate or [False] * len(index))
    kinds = torch.where(flat, KINDS.index("constant"), -1)
    columns = {"score": numbers / 10, "entropy": numbers, "degenerate": flat, "degenerate_kind": kinds}
    rows = {
        "entropy": Rows(({},), {name: each[None] for name, each in columns.items()}, {"degenerate_kind": KINDS}),
        "equivariance": Rows(
            ({"transform": "flip-lr"}, {"transform": "rotate+90"}),
            {"ssim": torch.stack([numbers, numbers + 100])},
        ),
    }
    return Found(
        rows=rows,
        predicted=torch.tensor(predicted or [each % 2 for each in index]),
        maps=numbers[:, None, None].expand(-1, 2, 3),
        kinds=kinds,
        finite=torch.tensor(finite or [True] * len(index)),
        degenerate_runs=flat[None],
        small_runs=numbers[:, None, None].expand(-1, 2, 3)[None],
    )


@pytest.fixture
def recorder(subjects):
    """Two batches that came in another order than the images, and one unreadable image."""
    made = Recorder(subjects, CLASSES)
    made.add([3, 4], found([3, 4], degenerate=[True, False]))
    made.skip(2, "it is empty")
    made.add([1, 0], found([1, 0]))
    return made


def test_what_is_known_stands_in_the_entropy_rows(recorder):
    frame = recorder.frames()["entropy"]
    known = ["index", "image", "group", "label", "predicted"]
    assert list(frame.columns) == [*known, "score", "entropy", "degenerate", "degenerate_kind"]
    assert frame["index"].tolist() == [0, 1, 3, 4]  # by image, whatever the batches
    assert frame["image"].tolist() == ["0", "1", "3", "4"]
    assert frame["label"].tolist() == ["real", "fake", "fake", "real"]
    assert frame["predicted"].tolist() == ["real", "fake", "fake", "real"]
    assert frame["group"].isna().tolist() == [False, True, False, False]
    assert frame["group"].dropna().tolist() == ["a", "b", "a"]
    assert frame["entropy"].tolist() == [0, 1, 3, 4]
    assert frame["degenerate"].tolist() == [False, False, True, False]
    assert [None if each is pd.NA else each for each in frame["degenerate_kind"]] == [None, None, "constant", None]


def test_rows_of_several_conditions_stand_together_by_image(recorder):
    frame = recorder.frames()["equivariance"]
    assert list(frame.columns) == ["index", "image", "transform", "ssim"]
    assert frame["image"].tolist() == ["0", "0", "1", "1", "3", "3", "4", "4"]
    assert frame["transform"].tolist() == ["flip-lr", "rotate+90"] * 4
    assert frame["ssim"].tolist() == [0, 100, 1, 101, 3, 103, 4, 104]


def test_each_image_is_scored_or_skipped_once(recorder):
    kinds = {"zero": 0, "constant": 1, "non-finite": 0, "one-pixel": 0}
    assert recorder.account() == Account(4, 1, (("2", "it is empty"),), degenerate_runs=(1,), degenerate_kinds=kinds)


def test_maps_stand_in_the_order_of_the_records(subjects):
    """``maps.npy`` is read beside ``records/entropy.parquet``."""
    recorder = Recorder(subjects, CLASSES, keep_maps=True)
    recorder.add([0, 1], found([0, 1]))
    recorder.skip(2, "it is empty")
    recorder.add([3, 4], found([3, 4]))
    maps = recorder.maps()
    assert maps.shape == (4, 2, 3)
    assert maps.dtype == np.float32
    assert maps[:, 0, 0].tolist() == recorder.frames()["entropy"]["entropy"].tolist() == [0, 1, 3, 4]


def test_a_part_of_unreadable_images(subjects):
    recorder = Recorder(subjects, CLASSES)
    for number in range(5):
        recorder.skip(number, "no image")
    assert recorder.frames() == {}
    assert recorder.maps() is None
    skipped = tuple((str(each), "no image") for each in range(5))
    assert recorder.account() == Account(0, 0, skipped, degenerate_kinds=dict.fromkeys(KINDS, 0))


@pytest.mark.parametrize(("classes", "expected"), [((), ["0", "1", "7"]), (CLASSES, ["real", "fake", "7"])])
def test_a_class_without_a_name_is_its_number(subjects, classes, expected):
    recorder = Recorder(subjects, classes)
    recorder.add([0, 1, 2], found([0, 1, 2], predicted=[0, 1, 7]))
    assert recorder.frames()["entropy"]["predicted"].tolist() == expected


def test_maps_that_nobody_asked_for_are_let_go(recorder):
    """A part of maps as large as the images would fill the device."""
    assert all(found.maps.numel() == 0 for _, found in recorder.batches)


def test_logits_that_are_no_numbers_name_the_first_image(recorder):
    recorder.add([2], found([2], finite=[False]))
    with pytest.raises(ModelError, match=r"logits that are not finite numbers, first for 2 or a view of it$"):
        recorder.frames()


def test_unlabelled_images_have_no_label_and_no_group(subjects):
    nothing = (None,) * 5
    recorder = Recorder(dataclasses.replace(subjects, labels=nothing, groups=nothing), CLASSES)
    recorder.add([0, 1], found([0, 1]))
    frame = recorder.frames()["entropy"]
    assert frame[["label", "group"]].isna().all().all()
    assert frame.dtypes["label"] == frame.dtypes["group"] == "string"


def test_records_survive_the_disk(recorder, tmp_path):
    parts = Parts(tmp_path / "parts", 5)
    parts.write(0, recorder.frames(), recorder.account(), None)
    for name, frame in recorder.frames().items():
        (path,) = parts.files(f"{name}.parquet")
        pd.testing.assert_frame_equal(pd.read_parquet(path), frame.reset_index(drop=True))
    assert list(parts.accounts()) == [recorder.account()]
