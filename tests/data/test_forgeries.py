import numpy
import pytest

from saliencekit.data.forgeries import HELD_OUT, PARTS, SEEN, Material, blended, part_swap, region, upsampling
from saliencekit.data.photographs import wheel_folder
from saliencekit.data.portraits import enlarged, principal_components

GENERATORS = {**SEEN, **HELD_OUT}


@pytest.fixture(scope="module")
def faces():
    return numpy.stack([enlarged(face) for face in numpy.load(wheel_folder() / "lfw_subset.npy")[:20]])


@pytest.fixture(scope="module")
def material(faces):
    return Material(faces[1:], *principal_components(faces, count=12))


def draw(seed=0):
    return numpy.random.default_rng(seed)


def test_seen_and_held_out_are_enough_and_apart():
    assert len(SEEN) >= 3
    assert len(HELD_OUT) >= 3
    assert not set(SEEN) & set(HELD_OUT)


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("seed", range(5))
def test_a_forgery_differs_where_it_says_and_nowhere_else(faces, material, name, seed):
    face = faces[0].copy()
    forged, weight = GENERATORS[name](face, material, draw(seed))
    assert numpy.array_equal(face, faces[0])
    assert forged.shape == weight.shape == face.shape
    assert forged.min() >= 0.0
    assert forged.max() <= 1.0
    assert weight.min() >= 0.0
    assert weight.max() <= 1.0
    assert numpy.array_equal(forged[weight == 0.0], face[weight == 0.0])
    assert 0.02 < (weight > 0.5).mean() < 0.4
    assert numpy.abs(forged - face)[weight > 0.5].mean() > 0.01


@pytest.mark.parametrize("name", GENERATORS)
def test_the_same_draw_gives_the_same_forgery(faces, material, name):
    first, second = (GENERATORS[name](faces[0], material, draw(3)) for _ in range(2))
    other = GENERATORS[name](faces[0], material, draw(4))
    assert numpy.array_equal(first[0], second[0])
    assert not numpy.array_equal(first[0], other[0])


@pytest.mark.parametrize("part", PARTS)
def test_regions_are_where_their_part_is(part):
    weight = region((56, 56), part, draw())
    (down, across), _ = PARTS[part]
    y, x = numpy.indices((56, 56)) + 0.5
    assert abs(numpy.average(y, weights=weight) / 56 - down) < 0.06
    assert abs(numpy.average(x, weights=weight) / 56 - across) < 0.06


def test_a_wider_seam_is_softer():
    sharp, soft = (region((56, 56), "mouth", draw(), seam=seam) for seam in (0.5, 5.0))
    assert ((sharp > 0) & (sharp < 1)).sum() < ((soft > 0) & (soft < 1)).sum()


def test_blending_at_the_extremes():
    face, altered = numpy.zeros((2, 2)), numpy.ones((2, 2))
    assert numpy.array_equal(blended(face, altered, face)[0], face)
    assert numpy.array_equal(blended(face, altered, altered)[0], altered)
    assert blended(face, altered, numpy.full((2, 2), 0.25))[0].tolist() == [[0.25, 0.25]] * 2


def test_a_swapped_part_comes_from_a_donor(faces):
    donor = Material(numpy.full((1, 56, 56), 0.5), faces[0], faces[:0])
    forged, weight = part_swap(numpy.full((56, 56), 0.5), donor, draw())
    assert numpy.allclose(forged, 0.5)
    assert weight.max() == 1.0


def test_uneven_upsampling_leaves_a_checkerboard_of_period_two(material):
    flat = numpy.full((56, 56), 0.5)
    forged, weight = upsampling(flat, material, draw())
    inside = weight == 1.0
    means = [forged[row::2, column::2][inside[row::2, column::2]] for row in (0, 1) for column in (0, 1)]
    assert all(numpy.ptp(each) < 1e-9 for each in means)
    assert numpy.ptp([each.mean() for each in means]) > 0.02
