"""What an evaluation is about: the images, the threshold's origin, and the few that the detector is tried on."""

import pytest
import torch

from saliencekit.data import open_data
from saliencekit.errors import DataError, UsageError
from saliencekit.evaluation.job import FEW, first_images, job_of
from saliencekit.evaluation.settings import EvaluationSettings
from saliencekit.evaluation.subjects import subjects_of
from saliencekit.preprocessing import PreprocessingFlags


@pytest.fixture
def job(detector_of, pictures, plain):
    def made(data=pictures, *, threshold_data=None, preprocessing=plain, **settings):
        words = EvaluationSettings(**settings)
        network = detector_of(0.0, 1.0)
        return job_of(network, data, settings=words, threshold_data=threshold_data, preprocessing=preprocessing)

    return made


@pytest.fixture
def broken(tmp_path, write_pictures, plain):
    """Return subjects of which those at the places given are no pictures."""

    def made(count, *places):
        rows = [
            (f"{n:02d}.png", ("real", "fake")[n % 2], "test", "", None if n in places else 10 * n) for n in range(count)
        ]
        return subjects_of(open_data(write_pictures(tmp_path / "broken", rows)), plain, split="test")

    return made


def test_the_threshold_comes_from_the_validation_split(job):
    found = job()
    assert (len(found.inside), found.inside.split) == (40, "test")
    assert (len(found.validation), found.validation.split, found.origin) == (10, "val", "")


def test_a_given_threshold_needs_no_other_images(job):
    found = job(threshold=0.3)
    assert (found.validation, found.origin) == (None, "given")
    assert job(threshold=0.3, split="val").inside.split == "val"


def test_without_a_validation_split_it_is_one_half_with_the_reason(job, tmp_path, write_pictures):
    rows = [("a.png", "real", "test", "", 90), ("b.png", "fake", "test", "", 200)]
    found = job(write_pictures(tmp_path / "d", rows))
    assert found.validation is None
    assert found.origin.startswith("0.5, since ")
    assert found.origin.endswith("has no split 'val'")
    other = job(write_pictures(tmp_path / "d", rows), threshold_data=tmp_path / "pictures" / "manifest.csv")
    assert len(other.validation) == 10


def test_flags_change_the_preprocessing_and_a_whole_one_replaces_it(job, plain):
    assert job().preprocessing == plain
    assert job(preprocessing=PreprocessingFlags(image_size=(16,))).preprocessing.size == (16, 16)


def test_a_threshold_from_the_images_evaluated_is_refused(job):
    with pytest.raises(UsageError, match="from the split 'val', which is evaluated"):
        job(split="val")
    with pytest.raises(UsageError, match="from the split 'val', which is evaluated"):
        job(split="all")


def test_the_first_few_images(broken):
    subjects = broken(FEW + 4)
    found = first_images(subjects)
    assert found.shape == (FEW, 1, 16, 16)
    assert torch.equal(found[3], subjects.dataset[3].pixels)
    assert len(first_images(broken(3))) == 3


def test_what_cannot_be_read_is_passed_over(broken):
    subjects = broken(FEW + 4, 0, 2)
    found = first_images(subjects)
    assert len(found) == FEW - 2
    assert torch.equal(found[0], subjects.dataset[1].pixels)
    late = broken(FEW + 4, *range(FEW + 1))
    assert torch.equal(first_images(late)[0], late.dataset[FEW + 1].pixels)
    with pytest.raises(DataError, match=r"^none of the 3 images of .* could be read; the first: 00.png: "):
        first_images(broken(3, 0, 1, 2))
