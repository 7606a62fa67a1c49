import pickle
from pathlib import Path

import pytest

from saliencekit.data import Collection, Failure, Sample
from saliencekit.data.samples import identity_of
from saliencekit.errors import UsageError


def collection(count=10, **settings):
    samples = tuple(
        Sample(
            f"{number:02d}.png", Path(f"/d/{number:02d}.png"), number * 2 // count, "train" if number % 2 else "test"
        )
        for number in range(count)
    )
    return Collection("d", "/d", "folder", samples, ("real", "fake"), **settings)


def test_length_and_splits():
    assert len(collection()) == 10
    assert collection().splits == ("test", "train")


def test_a_split_is_kept_and_the_rest_is_counted():
    kept = collection(excluded=(Failure("x.png", "it is empty"),)).restricted(split="test")
    assert [sample.image for sample in kept.samples] == ["00.png", "02.png", "04.png", "06.png", "08.png"]
    assert (kept.left_out, len(kept.excluded)) == (5, 1)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 10, 99])
def test_a_limit_is_spread_evenly(limit):
    kept = collection().restricted(limit=limit)
    assert len(kept) == min(limit, 10)
    assert len(kept) + kept.left_out == 10
    assert len({sample.image for sample in kept.samples}) == len(kept)
    labels = [sample.label for sample in kept.samples]
    assert abs(labels.count(0) - labels.count(1)) <= 1


def test_nothing_asked_for_changes_nothing():
    assert collection().restricted() == collection()


def test_unknown_split_lists_the_known():
    with pytest.raises(UsageError, match=r"split of /d 'tset': expected one of test, train; did you mean 'test'"):
        collection().restricted(split="tset")


def test_a_split_of_a_set_without_splits():
    flat = Collection("d", "/d", "folder", (Sample("a.png", Path("/d/a.png")),))
    with pytest.raises(UsageError, match=r"/d has no splits"):
        flat.restricted(split="test")


def test_limit_below_one():
    with pytest.raises(UsageError, match=r"expected `limit` to be at least 1, got 0"):
        collection().restricted(limit=0)


def test_a_collection_survives_pickling():
    assert pickle.loads(pickle.dumps(collection())) == collection()


def test_identities_can_be_written_anywhere():
    odd = b"a\xff\xfe/\xe9.png".decode("utf-8", "surrogateescape")
    assert identity_of(odd) == "a\\xff\\xfe/\\xe9.png"
    identity_of(odd).encode("utf-8")
    assert identity_of("日本/🙂 \n.png") == "日本/🙂 \n.png"
