"""The twelve transforms and any other, and that a map of the result is brought back exactly."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from saliencekit.errors import InputError, UsageError
from saliencekit.functional import geometry
from saliencekit.functional.geometry import TRANSFORMS, Transform, apply_transform, invert_transform

MORE = [
    Transform.named(name)
    for name in ("rotate+180", "rotate0", "rotate-270", "shift(+5.5,-100)", "shift(0,0)", "shift(-300,0)")
]


def name_of(transform):
    return transform.name


@pytest.fixture
def images():
    return torch.rand(2, 3, 56, 48, generator=torch.Generator().manual_seed(0))


def there_and_back(images, transform):
    maps = apply_transform(images, transform)[:, 0]
    return invert_transform(maps, transform)


def test_the_twelve_of_the_paper():
    assert [transform.name for transform in TRANSFORMS] == [
        "flip-lr",
        "flip-tb",
        "rotate+90",
        "rotate-90",
        "shift(+16,0)",
        "shift(-16,0)",
        "shift(0,+16)",
        "shift(0,-16)",
        "shift(+16,+16)",
        "shift(+16,-16)",
        "shift(-16,+16)",
        "shift(-16,-16)",
    ]
    assert {transform.amount for transform in TRANSFORMS[4:]} == {
        (dx, dy) for dx in (-16, 0, 16) for dy in (-16, 0, 16) if dx or dy
    }


@pytest.mark.parametrize("transform", [*TRANSFORMS, *MORE], ids=name_of)
def test_inverse_gives_the_original_back_exactly_inside_the_mask(images, transform):
    upright, mask = there_and_back(images, transform)
    maps = images[:, 0]
    assert upright.shape == maps.shape
    assert mask.shape == maps.shape[1:]
    assert mask.dtype == torch.bool
    assert torch.equal(torch.where(mask, upright, 0), torch.where(mask, maps, 0))


@pytest.mark.parametrize("transform", [*TRANSFORMS, *MORE], ids=name_of)
def test_mask_is_what_left_the_frame_and_nothing_more(transform):
    """Number the pixels: those whose number is missing from the transformed image left the frame."""
    numbers = torch.arange(56 * 48).reshape(1, 1, 56, 48)
    moved = apply_transform(numbers, transform)
    _, mask = invert_transform(moved[:, 0], transform)
    if transform.kind == "shift":  # the repeated border shows pixels that did not move there themselves
        moved = apply_transform(numbers + 1, transform, border="zero") - 1
    assert torch.equal(mask, torch.isin(numbers[0, 0], moved))


@pytest.mark.parametrize("transform", TRANSFORMS[:4], ids=name_of)
def test_flips_and_turns_lose_nothing(images, transform):
    assert there_and_back(images, transform)[1].all()


def test_shift_is_scaled_with_the_image():
    step = Transform.named("shift(+16,-16)")
    for size, pixels in [(224, 16), (299, 21), (56, 4), (64, 5), (14, 1), (7, 1), (448, 32)]:
        images = torch.arange(size * size).reshape(1, 1, size, size)
        expected = images[..., pixels, 0]  # (x, y) = (pixels, 0) comes from (0, pixels)
        assert apply_transform(images, step)[..., 0, pixels] == expected
    wide = torch.arange(56 * 224).reshape(1, 1, 56, 224)
    assert apply_transform(wide, step)[0, 0, 0, 16] == wide[0, 0, 4, 0]


def test_shift_by_hand():
    maps = torch.tensor([[[1, 2, 3], [4, 5, 6], [7, 8, 9]]])
    transform = Transform.named("shift(+16,+16)")  # one pixel of a 3 px image
    moved = apply_transform(maps[:, None], transform)[:, 0]
    assert moved.tolist() == [[[1, 1, 2], [1, 1, 2], [4, 4, 5]]]
    upright, mask = invert_transform(moved, transform)
    assert upright.tolist() == [[[1, 2, 2], [4, 5, 5], [4, 5, 5]]]
    assert mask.tolist() == [[True, True, False], [True, True, False], [False, False, False]]


@pytest.mark.parametrize("degrees", [5, -12.5, 45, 100, 359])
def test_any_angle_comes_back_to_interpolation(degrees):
    rough = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    smooth = F.interpolate(rough, (112, 112), mode="bicubic", align_corners=False)
    transform = Transform.named(f"rotate{degrees:+}")
    upright, mask = there_and_back(smooth, transform)
    error = (upright - smooth[:, 0]).abs()
    # At the very rim the way back reads the rotated border, so the mask is taken in by one pixel.
    inner = -F.max_pool2d(-mask[None].float(), 3, 1, 1)[0] > 0
    assert error[:, inner].max() < 0.01
    assert 0.6 < mask.float().mean() < 1
    assert mask[56, 56]
    assert not mask[0, 0]


def test_mask_of_an_eighth_turn_is_the_octagon():
    _, mask = invert_transform(torch.zeros(1, 101, 101), Transform.named("rotate+45"))
    y, x = torch.meshgrid(torch.arange(-50, 51), torch.arange(-50, 51), indexing="ij")
    assert torch.equal(mask, (x + y).abs().maximum((x - y).abs()) <= 50 * 2**0.5)


def test_names_round_trip_and_say_kind_and_amount():
    for transform in (*TRANSFORMS, *MORE):
        assert Transform.named(transform.name) == transform
    assert Transform.named("flip-lr").kind == "flip"
    assert (Transform.named("rotate-7.5").kind, Transform.named("rotate-7.5").amount) == ("rotate", (-7.5,))
    assert (Transform.named("shift(8,-2)").kind, Transform.named("shift(8,-2)").amount) == ("shift", (8, -2))


@pytest.mark.parametrize("name", ["", "flip", "rotate", "rotate+", "rotate nan", "shift(1)", "shift(1,2", "flip-lrx"])
def test_unknown_names(name):
    with pytest.raises(UsageError, match=r"unknown transform .* expected flip-lr, flip-tb, rotate"):
        Transform.named(name)


def test_transform_is_frozen_and_hashable():
    assert len(set(TRANSFORMS)) == 12
    with pytest.raises(AttributeError):
        TRANSFORMS[0].name = "x"


@pytest.mark.parametrize("transform", TRANSFORMS, ids=name_of)
def test_batch_of_n_is_n_batches_of_one_single_map_and_inputs_untouched(images, transform):
    before = images.clone()
    moved = apply_transform(images, transform)
    alone = torch.cat([apply_transform(images[i : i + 1], transform) for i in range(2)])
    assert torch.equal(moved, alone)
    maps = moved[:, 0]
    upright, mask = invert_transform(maps, transform)
    single, same = invert_transform(maps[1], transform)
    assert torch.equal(single, upright[1])
    assert torch.equal(same, mask)
    upright.zero_()
    assert torch.equal(images, before)


def test_quarter_turn_of_a_wide_image_swaps_the_sides_and_back(images):
    moved = apply_transform(images, Transform.named("rotate+90"))
    assert moved.shape == (2, 3, 48, 56)
    assert invert_transform(moved[:, 0], Transform.named("rotate+90"))[0].shape == (2, 56, 48)


def test_border_reaches_the_pixels():
    ones = torch.ones(1, 1, 14, 14)
    transform = Transform.named("shift(+16,0)")
    assert apply_transform(ones, transform).min() == 1
    assert apply_transform(ones, transform, border="zero").sum() == 14 * 13
    assert apply_transform(ones, Transform.named("rotate+45"), border="zero").min() == 0
    with pytest.raises(UsageError, match="unknown border 'wrap'"):
        apply_transform(ones, transform, border="wrap")


def test_wrong_shapes():
    with pytest.raises(InputError, match=r"expected `images` of shape \(N, C, H, W\), got \(2, 3\)"):
        apply_transform(torch.zeros(2, 3), TRANSFORMS[0])
    with pytest.raises(InputError, match=r"expected `maps` of shape \(N, h, w\) or \(h, w\), got \(3,\)"):
        invert_transform(torch.zeros(3), TRANSFORMS[0])


def test_everything_geometric_is_found_here():
    assert all(hasattr(geometry, name) for name in geometry.__all__)
    assert sorted(geometry.__all__) == geometry.__all__
