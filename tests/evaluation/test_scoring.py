import csv

import numpy as np
import pytest
import torch

from saliencekit.data import open_data
from saliencekit.errors import DataError, EnvironmentFault, ModelError
from saliencekit.evaluation.detector import ready_detector
from saliencekit.evaluation.scoring import score_images
from saliencekit.evaluation.subjects import subjects_of
from saliencekit.models import model_info

CPU = torch.device("cpu")


@pytest.fixture
def scored(tmp_path, plain):
    def score(network, manifest, *, split="test", batch_size=7, name="scores.csv", **settings):
        subjects = subjects_of(open_data(manifest), plain, split=split)
        sample = torch.full((1, 1, 16, 16), 99, dtype=torch.uint8)
        with ready_detector(network, model_info(network), plain, sample, device=CPU, precision="32") as detector:
            path = tmp_path / name
            found = score_images(subjects, detector, path, batch_size=batch_size, workers=0, **settings)
        return found, list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))

    return score


def test_the_table_and_the_arrays_say_the_same(scored, detector_of, pictures):
    found, rows = scored(detector_of(0.0, 3.0), pictures)
    assert len(found) == len(rows) == 40
    assert list(rows[0]) == [
        *("image", "label", "group", "split"),
        *("score_sigmoid", "score_softmax", "predicted", "entropy"),
    ]
    assert [row["image"] for row in rows] == sorted(row["image"] for row in rows)
    for place, row in enumerate(rows):
        assert float(row["score_sigmoid"]) == found.sigmoid[place]  # every digit
        assert float(row["score_softmax"]) == found.softmax[place]
        assert float(row["entropy"]) == pytest.approx(float(found.entropy[place]), rel=1e-6)
        assert row["label"] == ("fake" if found.synthetic[place] else "real")
        assert row["group"] == found.groups[found.group[place]]
        assert row["predicted"] == ("fake" if found.softmax[place] > 0.5 else "real")
        assert row["split"] == "test"


def test_batch_size_does_not_matter(scored, detector_of, pictures):
    whole, _ = scored(detector_of(-1.0, 2.0), pictures, batch_size=64)
    for size in (1, 7):
        part, _ = scored(detector_of(-1.0, 2.0), pictures, batch_size=size)
        assert np.allclose(part.sigmoid, whole.sigmoid, rtol=1e-6)
        assert np.allclose(part.softmax, whole.softmax, rtol=1e-6)
        assert np.allclose(part.entropy, whole.entropy, rtol=1e-5)


def test_a_one_logit_head_scores_like_the_difference_of_two(scored, detector_of, pictures):
    one, _ = scored(detector_of(3.0), pictures)
    two, _ = scored(detector_of(-1.0, 2.0), pictures)
    assert np.allclose(one.softmax, two.softmax, rtol=1e-6)
    assert np.allclose(one.sigmoid, one.softmax)


def test_unreadable_images_are_skipped_by_name(scored, detector_of, tmp_path, write_pictures):
    rows = [("a.png", "real", "", "", 90), ("b.png", "fake", "", "", None), ("c.png", "fake", "", "", 200)]
    done = []
    found, table = scored(
        detector_of(0.0, 1.0), write_pictures(tmp_path / "d", rows), batch_size=2, watch=lambda *_: _Counter(done)
    )
    assert [row["image"] for row in table] == ["a.png", "c.png"]
    assert found.synthetic.tolist() == [False, True]
    assert [each.image for each in found.skipped] == ["b.png"]
    assert "no image" in found.skipped[0].reason
    assert done == [2, 1]


class _Counter:
    def __init__(self, done):
        self.done = done

    def __enter__(self):
        return self.done.append

    def __exit__(self, *_):
        return None


def test_a_batch_of_nothing_but_bad_files(scored, detector_of, tmp_path, write_pictures):
    rows = [(f"{each}.png", "fake", "", "", None) for each in "abc"] + [("d.png", "real", "", "", 90)]
    found, table = scored(detector_of(0.0, 1.0), write_pictures(tmp_path / "d", rows), batch_size=2)
    assert ([row["image"] for row in table], len(found.skipped)) == (["d.png"], 3)


def test_nothing_readable_leaves_no_table(scored, detector_of, tmp_path, write_pictures):
    manifest = write_pictures(tmp_path / "d", [("a.png", "real", "", "", None), ("b.png", "fake", "", "", None)])
    with pytest.raises(DataError, match=r"none of the 2 images of .* could be read; the first: a.png"):
        scored(detector_of(0.0, 1.0), manifest)
    assert not list(tmp_path.glob("*scores*"))


def test_logits_that_are_not_finite_name_the_image(scored, detector_of, pictures, tmp_path):
    network = detector_of(0.0, 1.0)

    def spoil(module, args, output):
        return torch.where(output[:, 1:] > 0.4, torch.nan, output) if len(output) == 7 else output

    network.register_forward_hook(spoil)
    with pytest.raises(ModelError, match=r"not finite numbers, first for test-\d\d.png"):
        scored(network, pictures)
    assert not list(tmp_path.glob("*scores*"))


def test_a_full_disk_leaves_no_table(scored, detector_of, pictures, tmp_path, monkeypatch):
    def full(self, *args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("saliencekit.evaluation.table.Table.write", full)
    with pytest.raises(EnvironmentFault, match=r"cannot write .*scores.csv: No space left on device"):
        scored(detector_of(0.0, 1.0), pictures)
    assert not list(tmp_path.glob("*scores*"))
