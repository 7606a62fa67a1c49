import pickle
from pathlib import Path

import pytest

from saliencekit.data.packing import PackedTexts

TEXTS = ["real/a.png", "", None, "日本/🙂 \n.png", b"\xff\xfe.png".decode("utf-8", "surrogateescape")]


def test_texts_come_back_as_they_were():
    packed = PackedTexts([*TEXTS, Path("b.png")])
    assert list(packed) == [*(text or "" for text in TEXTS), "b.png"]
    assert len(packed) == 6


def test_they_survive_pickling():
    assert list(pickle.loads(pickle.dumps(PackedTexts(TEXTS)))) == [text or "" for text in TEXTS]


def test_a_text_costs_its_bytes_and_eight():
    many = PackedTexts(f"train/1_fake/{number:07d}.png" for number in range(10_000))
    assert len(pickle.dumps(many)) < 10_000 * (24 + 8) + 1000
    assert many[9_999] == "train/1_fake/0009999.png"


@pytest.mark.parametrize("number", [-1, 5])
def test_a_number_that_does_not_exist(number):
    with pytest.raises(IndexError, match=f"expected an index of 0 to 4, got {number}"):
        PackedTexts(TEXTS)[number]


def test_none_at_all():
    assert list(PackedTexts([])) == []
