from collections import Counter

import numpy
import pytest
from PIL import Image

from saliencekit.data.forgeries import HELD_OUT, SEEN
from saliencekit.data.photographs import wheel_folder
from saliencekit.data.portraits import SPLITS, enlarged, portraits, principal_components


@pytest.fixture(scope="module")
def faces():
    return numpy.load(wheel_folder() / "lfw_subset.npy")[:100]


@pytest.fixture(scope="module")
def made(faces):
    return list(portraits(faces, seed=0))


def test_no_face_is_in_two_splits(made):
    sources = {split: {each.source for each in made if each.split == split} for split in SPLITS}
    assert {split: len(each) for split, each in sources.items()} == {"train": 60, "val": 15, "test": 25}
    assert set.union(*sources.values()) == set(range(100))


def test_counts_and_generators(made):
    for split, (count, views) in SPLITS.items():
        here = [each for each in made if each.split == split]
        assert len(here) == len({(each.source, each.view) for each in here}) == count * views
        generators = {**SEEN, **HELD_OUT} if split == "test" else SEEN
        counts = {name: sum(each.generator == name for each in here) for name in generators}
        assert set(counts.values()) == {len(here) // len(generators)}
        pairs = Counter((each.source, each.generator) for each in here)
        assert set(pairs.values()) == {views // len(generators)}
        assert all(len({each.view for each in here if each.generator == name}) == views for name in generators)


def test_every_forgery_is_its_real_face_but_for_the_altered_region(made):
    for each in made:
        untouched = each.altered == 0
        assert numpy.array_equal(each.real[untouched], each.forged[untouched])
        assert not numpy.array_equal(each.real, each.forged)
        assert 0.3 < untouched.mean() < 0.99


def test_the_first_view_is_the_photograph_itself(made, faces):
    for each in (each for each in made if each.view == 0):
        small = Image.fromarray(each.real).resize((25, 25), Image.Resampling.BOX)
        assert numpy.abs(numpy.asarray(small, float) / 255 - faces[each.source]).mean() < 0.03


def test_odd_views_are_mirrored(made):
    ahead, behind = [], []
    for each in (each for each in made if each.view == 1):
        plain = next(other.real for other in made if other.source == each.source and other.view == 0).astype(float)
        ahead.append(numpy.corrcoef(plain.ravel(), each.real.ravel())[0, 1])
        behind.append(numpy.corrcoef(plain.ravel(), each.real[:, ::-1].ravel())[0, 1])
    assert numpy.mean(behind) > numpy.mean(ahead) + 0.1


def test_a_seed_gives_the_same_again_and_another_gives_another(made, faces):
    again, other = (list(portraits(faces, seed=seed)) for seed in (0, 1))
    assert all(numpy.array_equal(a.forged, b.forged) for a, b in zip(made, again, strict=True))
    assert [each.source for each in made] != [each.source for each in other]


def test_nothing_of_the_test_faces_reaches_training(made, faces):
    tested = sorted({each.source for each in made if each.split == "test"})
    changed = faces.copy()
    changed[tested] = 0.5
    for before, after in zip(made, portraits(changed, seed=0), strict=True):
        if before.split != "test":
            assert numpy.array_equal(before.forged, after.forged)


def test_components_are_orthonormal_and_explain_what_they_are_made_of(faces):
    mean, components = principal_components(faces[:10], count=9)
    flat = components.reshape(9, -1)
    assert numpy.allclose(flat @ flat.T, numpy.eye(9), atol=1e-9)
    known = (faces[3] - mean).ravel()
    assert numpy.allclose(known @ flat.T @ flat, known, atol=1e-9)


def test_enlarging_keeps_flat_pictures_flat_and_turns_about_the_centre():
    assert numpy.allclose(enlarged(numpy.full((25, 25), 0.3), angle=0.2, scale=1.1, shift=(1.0, -1.0)), 0.3, atol=1e-6)
    spot = numpy.zeros((25, 25))
    spot[12, 12] = 1.0
    for settings in ({}, {"angle": 0.5}, {"scale": 1.3}):
        large = enlarged(spot, **settings)
        y, x = numpy.indices(large.shape) + 0.5
        assert (round(numpy.average(y, weights=large), 3), round(numpy.average(x, weights=large), 3)) == (28.0, 28.0)
    y, x = numpy.indices((56, 56)) + 0.5
    moved = enlarged(spot, shift=(2.0, -1.0))
    assert numpy.average(y, weights=moved) == pytest.approx(28 + 2 * 56 / 25, abs=0.1)
    assert numpy.average(x, weights=moved) == pytest.approx(28 - 56 / 25, abs=0.1)
