import numpy
import pytest
import torchvision.transforms.functional as torchvision_functional
from PIL import Image
from torchvision.transforms import InterpolationMode

from saliencekit.data.resizing import resized
from saliencekit.preprocessing import Preprocessing


def noise(width, height):
    return Image.fromarray(numpy.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=numpy.uint8))


@pytest.mark.parametrize("word", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("size", [(50, 70), (301, 200), (224, 224), (7, 5)])
@pytest.mark.parametrize("settings", [((32, 32), 36), ((32, 32), None), ((24, 40), 48), ((40, 40), 32), ((33, 20), 41)])
def test_crop_equals_torchvision(size, settings, word):
    target, shorter = settings
    rule = Preprocessing(size=target, resize="crop", resize_to=shorter, interpolation=word)
    whole = torchvision_functional.resize(noise(*size), shorter or min(target), InterpolationMode(word))
    expected = numpy.asarray(torchvision_functional.center_crop(whole, list(target)), dtype=int)
    found = numpy.asarray(resized(noise(*size), rule), dtype=int)
    assert numpy.array_equal(found, expected)


@pytest.mark.parametrize("word", ["nearest", "bilinear", "bicubic"])
def test_squash_ignores_the_aspect(word):
    image = resized(noise(50, 70), Preprocessing(size=(12, 30), interpolation=word))
    assert image.size == (30, 12)
    assert image.tobytes() == noise(50, 70).resize((30, 12), Image.Resampling[word.upper()]).tobytes()


def test_an_image_of_the_right_size_is_untouched():
    for mode in ("squash", "crop"):
        rule = Preprocessing(size=(70, 50), resize=mode, interpolation="bilinear")
        assert resized(noise(50, 70), rule).tobytes() == noise(50, 70).tobytes()


def test_a_flat_image_stays_flat():
    for mode in ("squash", "crop"):
        rule = Preprocessing(size=(16, 16), resize=mode, resize_to=20, interpolation="bicubic")
        assert set(resized(Image.new("L", (33, 90), 77), rule).tobytes()) == {77}


@pytest.mark.parametrize("word", ["bilinear", "bicubic"])
def test_the_part_of_a_long_image_is_the_part_of_the_whole(monkeypatch, word):
    rule = Preprocessing(size=(32, 32), resize="crop", resize_to=36, interpolation=word)
    whole = numpy.asarray(resized(noise(300, 50), rule), dtype=int)
    monkeypatch.setattr("saliencekit.data.resizing._LARGEST_WHOLE", 0)
    assert numpy.abs(whole - numpy.asarray(resized(noise(300, 50), rule), dtype=int)).max() <= 1


@pytest.mark.parametrize("size", [(65500, 1), (1, 65500), (1, 1)])
@pytest.mark.parametrize("mode", ["squash", "crop"])
def test_extreme_shapes(size, mode):
    rule = Preprocessing(size=(224, 224), resize=mode, resize_to=256)
    assert resized(Image.new("RGB", size, (1, 2, 3)), rule).getpixel((100, 100)) == (1, 2, 3)


def test_where_the_cut_is_larger_than_the_image_the_rest_is_black():
    found = numpy.asarray(
        resized(Image.new("L", (10, 10), 200), Preprocessing(size=(8, 8), resize="crop", resize_to=4))
    )
    assert found[2:6, 2:6].min() == 200
    assert found.sum() == 200 * 16
