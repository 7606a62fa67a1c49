import io
import math

import pytest
import torch
from PIL import Image

from saliencekit.errors import UsageError
from saliencekit.training.augmentation import Augmentation, augment

EVERYTHING = Augmentation(flip=0.5, crop=0.5, rotation=30, jpeg=30, blur=2.0, downscale=0.4, noise=0.1)
MOVING = {"flip": 1.0, "crop": 0.4, "rotation": 45.0}
WORSENING = {"jpeg": 10, "blur": 3.0, "downscale": 0.2, "noise": 0.2}


@pytest.fixture
def image():
    """A random image (3, 40, 32) and map (40, 32)."""
    random = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (4, 40, 32), generator=random, dtype=torch.uint8)
    return pixels[:3], pixels[3]


def marked(size=(64, 64), *, at=(12, 32), side=20):
    """A black image and map with the same white square."""
    human_map = torch.zeros(size, dtype=torch.uint8)
    human_map[at[0] : at[0] + side, at[1] : at[1] + side] = 255
    return human_map[None].clone(), human_map


def test_off_changes_nothing(image):
    out = augment(*image, Augmentation(), seed=7)
    assert out[0] is image[0]
    assert out[1] is image[1]
    assert not Augmentation().active


@pytest.mark.parametrize(("name", "value"), [*MOVING.items(), *WORSENING.items()])
def test_each_changes_the_image_and_keeps_its_form(image, name, value):
    how = Augmentation(**{name: value})
    assert how.active
    before = image[0].clone(), image[1].clone()
    pixels, human_map = augment(*image, how, seed=1)
    assert (pixels.shape, pixels.dtype, type(pixels)) == (image[0].shape, torch.uint8, torch.Tensor)
    assert (human_map.shape, human_map.dtype, type(human_map)) == (image[1].shape, torch.uint8, torch.Tensor)
    assert not torch.equal(pixels, image[0])
    assert torch.equal(human_map, image[1]) == (name in WORSENING)
    assert torch.equal(before[0], image[0])
    assert torch.equal(before[1], image[1])


def test_a_flip_is_the_mirror_of_both(image):
    pixels, human_map = augment(*image, Augmentation(flip=1.0), seed=0)
    assert torch.equal(pixels, image[0].flip(-1))
    assert torch.equal(human_map, image[1].flip(-1))


def test_half_of_the_flips_happen(image):
    flipped = [not torch.equal(augment(*image, Augmentation(flip=0.5), seed=seed)[0], image[0]) for seed in range(400)]
    assert abs(sum(flipped) - 200) < 4 * math.sqrt(100)  # four standard deviations


@pytest.mark.parametrize("how", [{"crop": 0.5}, {"rotation": 40.0}, {"crop": 0.5, "rotation": 40.0, "flip": 0.5}])
@pytest.mark.parametrize("seed", range(8))
def test_image_and_map_move_together(how, seed):
    pixels, human_map = augment(*marked(), Augmentation(**how), seed=seed)
    white, mark = pixels[0] > 127, human_map > 127
    assert human_map.unique().tolist() in ([0, 255], [0], [255])  # by the nearest neighbour: no new values
    assert mark.sum() > 40
    assert (white & mark).sum() >= 0.85 * (white | mark).sum()


def test_a_map_is_no_condition(image):
    both = augment(*image, EVERYTHING, seed=3)
    alone = augment(image[0], None, EVERYTHING, seed=3)
    assert torch.equal(both[0], alone[0])
    assert alone[1] is None


def test_the_seed_decides_alone(image):
    state = torch.get_rng_state()
    first = augment(*image, EVERYTHING, seed=5)
    assert torch.equal(torch.get_rng_state(), state)
    torch.rand(17)
    second = augment(*image, EVERYTHING, seed=5)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert not torch.equal(first[0], augment(*image, EVERYTHING, seed=6)[0])


def test_one_more_changes_nothing_in_the_others(image):
    moved = augment(*image, Augmentation(**MOVING), seed=2)
    more = augment(*image, Augmentation(**MOVING, **WORSENING), seed=2)
    assert torch.equal(moved[1], more[1])
    worse = augment(moved[0], None, Augmentation(**WORSENING), seed=2)
    assert torch.equal(worse[0], more[0])


def test_a_blur_lowers_the_variance_and_keeps_the_mean(image):
    values = image[0].float()
    blurred = [augment(image[0], None, Augmentation(blur=3.0), seed=seed)[0].float() for seed in range(20)]
    assert all(each.var() <= values.var() for each in blurred)
    assert min(float(each.var() / values.var()) for each in blurred) < 0.02
    assert all(abs(float(each.mean() - values.mean())) < 3 for each in blurred)


def test_noise_has_at_most_its_deviation():
    grey = torch.full((1, 64, 64), 128, dtype=torch.uint8)
    deviations = [float(augment(grey, None, Augmentation(noise=0.1), seed=s)[0].float().std()) for s in range(40)]
    assert max(deviations) <= 0.1 * 255 * 1.05
    assert max(deviations) > 0.1 * 255 * 0.8
    assert min(deviations) < 0.1 * 255 * 0.3


def test_jpeg_qualities_are_drawn_from_the_lowest_on(image):
    def compressed(quality):
        file = io.BytesIO()
        Image.fromarray(image[0].permute(1, 2, 0).numpy()).save(file, "JPEG", quality=quality)
        return Image.open(file).tobytes()

    known = {compressed(quality): quality for quality in range(90, 101)}
    out = [augment(image[0], None, Augmentation(jpeg=90), seed=seed)[0] for seed in range(200)]
    drawn = [known[each.permute(1, 2, 0).numpy().tobytes()] for each in out]
    assert len(known) == 11
    assert set(drawn) == set(range(90, 101))


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (5, 2)])
def test_tiny_images(size):
    image = torch.full((1, *size), 7, dtype=torch.uint8)
    pixels, human_map = augment(image, image[0], EVERYTHING, seed=1)
    assert (pixels.shape, human_map.shape) == ((1, *size), size)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"flip": 1.5}, "expected `flip` to be 0 to 1, got 1.5"),
        ({"flip": math.nan}, "expected `flip` to be 0 to 1, got nan"),
        ({"crop": 0.0}, "expected `crop` to be above 0 and at most 1, got 0.0"),
        ({"rotation": -1}, "expected `rotation` to be 0 to 180, got -1"),
        ({"jpeg": 0}, "expected `jpeg` to be 1 to 100, got 0"),
        ({"blur": math.inf}, "expected `blur` to be a number from 0, got inf"),
        ({"downscale": 1.1}, "expected `downscale` to be above 0 and at most 1, got 1.1"),
        ({"noise": 2}, "expected `noise` to be 0 to 1, got 2"),
    ],
)
def test_ranges(how, message):
    with pytest.raises(UsageError, match=message):
        Augmentation(**how)


def test_jpeg_of_four_channels():
    with pytest.raises(UsageError, match="JPEG takes images of 1 or 3 channels, got 4"):
        augment(torch.zeros(4, 8, 8, dtype=torch.uint8), None, Augmentation(jpeg=50), seed=0)
