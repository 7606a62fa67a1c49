"""Flips, rotations and shifts: by hand, against NumPy and scipy, at their extremes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage

from saliencekit.errors import InputError, UsageError
from saliencekit.functional.warping import flip, rotate, shift

NUMBERS = torch.tensor([[[[1, 2, 3], [4, 5, 6]]]])


@pytest.fixture
def images():
    return torch.rand(2, 3, 17, 24, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def each_plane(images, function):
    planes = [function(plane.numpy()) for plane in images.flatten(0, 1)]
    return torch.from_numpy(np.stack(planes)).unflatten(0, images.shape[:2])


def test_flips_by_hand():
    assert flip(NUMBERS, "lr").tolist() == [[[[3, 2, 1], [6, 5, 4]]]]
    assert flip(NUMBERS, "tb").tolist() == [[[[4, 5, 6], [1, 2, 3]]]]


def test_quarter_turns_by_hand_are_counter_clockwise():
    assert rotate(NUMBERS, 90).tolist() == [[[[3, 6], [2, 5], [1, 4]]]]
    assert rotate(NUMBERS, -90).tolist() == [[[[4, 1], [5, 2], [6, 3]]]]
    assert rotate(NUMBERS, 180).tolist() == [[[[6, 5, 4], [3, 2, 1]]]]
    assert torch.equal(rotate(NUMBERS, 270), rotate(NUMBERS, -90))
    assert torch.equal(rotate(NUMBERS, -450), rotate(NUMBERS, -90))
    for full in (0, 360, -720):
        assert torch.equal(rotate(NUMBERS, full), NUMBERS)


def test_small_turn_moves_the_right_side_up():
    images = torch.zeros(1, 1, 41, 41)
    images[..., 20, 38] = 1.0  # on the horizontal line through the centre, at the right
    row, column = divmod(int(rotate(images, 30).argmax()), 41)
    assert (row, column) == (20 - 9, 20 + 16)  # 18 px from the centre: 18 sin 30 up, 18 cos 30 right


@pytest.mark.parametrize("degrees", [7.5, 45, -30, 89.9, 91, 200])
@pytest.mark.parametrize(("border", "mode"), [("replicate", "nearest"), ("zero", "grid-constant")])
def test_any_angle_equals_scipy(images, degrees, border, mode):
    expected = each_plane(images, lambda plane: ndimage.rotate(plane, degrees, reshape=False, order=1, mode=mode))
    torch.testing.assert_close(rotate(images, degrees, border=border), expected, rtol=0, atol=1e-9)


def test_angle_next_to_a_quarter_turn_is_continuous():
    images = torch.rand(1, 2, 16, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(rotate(images, 90 + 1e-7), rotate(images, 90), rtol=0, atol=1e-6)


def test_shift_by_hand_right_and_down_are_positive():
    assert shift(NUMBERS, 1, 0).tolist() == [[[[1, 1, 2], [4, 4, 5]]]]
    assert shift(NUMBERS, -1, 0).tolist() == [[[[2, 3, 3], [5, 6, 6]]]]
    assert shift(NUMBERS, 0, 1).tolist() == [[[[1, 2, 3], [1, 2, 3]]]]
    assert shift(NUMBERS, 1, -1, border="zero").tolist() == [[[[0, 4, 5], [0, 0, 0]]]]
    assert torch.equal(shift(NUMBERS, 0, 0), NUMBERS)


@pytest.mark.parametrize("amount", [3, 4, 1000, 10**30])
def test_shift_past_the_frame_repeats_the_border_or_leaves_nothing(amount):
    assert shift(NUMBERS, amount, 0).tolist() == [[[[1, 1, 1], [4, 4, 4]]]]
    assert shift(NUMBERS, -amount, 0).tolist() == [[[[3, 3, 3], [6, 6, 6]]]]
    assert shift(NUMBERS, 0, amount, border="zero").tolist() == [[[[0, 0, 0], [0, 0, 0]]]]


@pytest.mark.parametrize(("dx", "dy"), [(2, -3), (0.25, 0), (-3.7, 1.5), (30.5, -0.1)])
@pytest.mark.parametrize(("border", "mode"), [("replicate", "nearest"), ("zero", "grid-constant")])
def test_any_shift_equals_scipy(images, dx, dy, border, mode):
    expected = each_plane(images, lambda plane: ndimage.shift(plane, (dy, dx), order=1, mode=mode))
    torch.testing.assert_close(shift(images, dx, dy, border=border), expected, rtol=0, atol=1e-9)


def test_constant_images_stay_constant():
    flat = torch.full((1, 3, 9, 12), 0.7)
    for moved in (rotate(flat, 33.0), shift(flat, 2.5, -7.1), rotate(flat, 90), flip(flat, "tb")):
        torch.testing.assert_close(moved, torch.full_like(moved, 0.7))


def test_one_pixel():
    dot = torch.full((1, 1, 1, 1), 0.3)
    for moved in (rotate(dot, 12.0), rotate(dot, 90), shift(dot, 5.5, -1), flip(dot, "lr")):
        assert torch.equal(moved, dot)


def test_exact_moves_keep_the_type_and_others_are_float32_at_least():
    for dtype in (torch.uint8, torch.int64, torch.bool, torch.float16, torch.float64):
        typed = NUMBERS.to(dtype)
        shifted = shift(typed, 1, 1), shift(typed, 1, 1, border="zero")
        assert {moved.dtype for moved in (flip(typed, "lr"), rotate(typed, 90), *shifted)} == {dtype}
    for dtype in (torch.uint8, torch.float16):
        assert rotate(NUMBERS.to(dtype), 10).dtype == torch.float32
        assert shift(NUMBERS.to(dtype), 0.5, 0).dtype == torch.float32
    assert rotate(NUMBERS.double(), 10).dtype == shift(NUMBERS.double(), 0.5, 0).dtype == torch.float64


def test_images_of_a_batch_do_not_touch_and_inputs_stay(images):
    before = images.clone()
    for move in (
        lambda x: rotate(x, 20),
        lambda x: rotate(x, 90),
        lambda x: shift(x, 1.5, -2),
        lambda x: flip(x, "lr"),
    ):
        whole = move(images)
        assert torch.equal(whole, torch.cat([move(images[:1]), move(images[1:])]))
        whole.zero_()  # the result is no view of the input
        assert torch.equal(images, before)


@pytest.mark.parametrize(
    "move",
    [
        lambda x: rotate(x, 20.0),
        lambda x: rotate(x, 90),
        lambda x: shift(x, 1.5, -2.0),
        lambda x: shift(x, 1, 1, border="zero"),
        lambda x: flip(x, "tb"),
    ],
)
def test_gradients(move):
    images = torch.rand(1, 2, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    assert torch.autograd.gradcheck(move, images.requires_grad_())


@pytest.mark.parametrize("move", [lambda x: flip(x, "lr"), lambda x: rotate(x, 5), lambda x: shift(x, 1, 0)])
def test_wrong_shape(move):
    with pytest.raises(InputError, match=r"expected `images` of shape \(N, C, H, W\), got \(3, 7, 7\)"):
        move(torch.zeros(3, 7, 7))


def test_amounts_that_are_not_finite():
    with pytest.raises(InputError, match="expected finite `degrees`, got nan"):
        rotate(NUMBERS, float("nan"))
    with pytest.raises(InputError, match="expected finite `dx` and `dy`, got inf and 0"):
        shift(NUMBERS, float("inf"), 0)


def test_unknown_words():
    with pytest.raises(UsageError, match="unknown direction 'up': expected one of lr, tb"):
        flip(NUMBERS, "up")
    for move in (lambda: rotate(NUMBERS, 90, border="wrap"), lambda: shift(NUMBERS, 1, 1, border="wrap")):
        with pytest.raises(UsageError, match="unknown border 'wrap': expected one of replicate, zero"):
            move()
