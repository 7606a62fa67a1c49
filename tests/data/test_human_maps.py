import numpy
import pytest
import torch
from PIL import Image

from saliencekit.data import match_human_maps, open_data
from saliencekit.data.decode import decode
from saliencekit.data.human_maps import decode_human_map, same_aspect
from saliencekit.errors import DataError
from saliencekit.preprocessing import Preprocessing

GREY = Preprocessing(size=(8, 6), interpolation="nearest", channels=1, mean=(0.5,), std=(0.5,))


def maps_of(matched, root):
    return {
        sample.image: None if sample.human_map is None else sample.human_map.relative_to(root).as_posix()
        for sample in matched.collection.samples
    }


def test_maps_are_found_by_base_name(tree):
    data = tree("real/a.png", "fake/b.jpg", "fake/c.d.png")
    maps = tree("b.png", "sub/c.d.tif", "other.png", folder="maps")
    matched = match_human_maps(open_data(data), maps)
    assert maps_of(matched, maps) == {"real/a.png": None, "fake/b.jpg": "b.png", "fake/c.d.png": "sub/c.d.tif"}
    assert matched.extra == ("other.png",)


def test_the_same_path_decides_between_equal_names(tree):
    data = tree("real/a.png", "fake/a.png")
    maps = tree("fake/a.tif", folder="maps")
    assert maps_of(match_human_maps(open_data(data), maps), maps) == {"real/a.png": None, "fake/a.png": "fake/a.tif"}


def test_a_map_that_fits_two_images(tree):
    data, maps = tree("real/a.png", "fake/a.png"), tree("a.png", folder="maps")
    with pytest.raises(DataError, match=r"'a\.png' of .*maps fits 2 images, 'fake/a\.png' and 'real/a\.png' among"):
        match_human_maps(open_data(data), maps)


def test_an_image_with_two_maps(tree):
    data, maps = tree("real/a.png", "fake/b.png"), tree("x/a.png", "y/a.png", folder="maps")
    with pytest.raises(DataError, match=r"'real/a\.png' has two human maps in .*, 'x/a\.png' and 'y/a\.png': keep one"):
        match_human_maps(open_data(data), maps)


def test_no_map_fits_and_no_map_at_all(tree):
    data = open_data(tree("real/a.png", "fake/b.png"))
    with pytest.raises(DataError, match=r"no human map in .*maps has the base name of an image of"):
        match_human_maps(data, tree("c.png", folder="maps"))
    with pytest.raises(DataError, match=r"no human map was found in .*empty"):
        match_human_maps(data, tree(folder="empty"))
    with pytest.raises(DataError, match=r"cannot list the folder .*none"):
        match_human_maps(data, data.samples[0].path.parent / "none")


def test_a_table_s_own_maps_stay_where_the_folder_has_none(tree, tmp_path):
    folder = tree("a.png", "b.png", "m.png")
    (folder / "manifest.csv").write_text("path,label,human_map\na.png,real,m.png\nb.png,fake,m.png\n")
    maps = tree("b.png", folder="maps")
    found = match_human_maps(open_data(folder), maps).collection
    assert [sample.human_map for sample in found.samples] == [folder / "m.png", maps / "b.png"]


@pytest.fixture
def saved(tmp_path):
    def save(pixels, mode=None, **settings):
        path = tmp_path / "map.tif"
        Image.fromarray(pixels, mode).save(path, **settings) if mode is None else None
        return path

    return save


PATTERN = numpy.arange(48, dtype=numpy.float64).reshape(8, 6)


def test_eight_bits_stay_as_they_are(saved):
    pixels = (PATTERN * 5).astype(numpy.uint8)
    out = decode_human_map(saved(pixels), GREY, image_size=(16, 12))
    assert out.dtype == torch.uint8
    assert numpy.array_equal(out.numpy(), pixels)


@pytest.mark.parametrize("dtype", [numpy.uint16, numpy.int32, numpy.float32])
@pytest.mark.parametrize(("low", "step"), [(0, 1), (300, 20), (0, 1000)])
def test_wide_pixels_are_stretched(saved, dtype, low, step):
    out = decode_human_map(saved((low + PATTERN * step).astype(dtype)), GREY, image_size=(8, 6))
    assert numpy.array_equal(out.numpy(), numpy.rint(PATTERN / 47 * 255))


def test_negative_and_fractional_values_are_stretched(saved):
    out = decode_human_map(saved((PATTERN / 94 - 0.25).astype(numpy.float32)), GREY, image_size=(8, 6))
    assert numpy.abs(out.numpy() - PATTERN / 47 * 255).max() <= 0.51


def test_colours_become_grey(saved):
    pixels = numpy.zeros((8, 6, 3), dtype=numpy.uint8)
    pixels[2, 3] = (255, 0, 0)
    pixels[4, 1] = (0, 255, 0)
    out = decode_human_map(saved(pixels), GREY, image_size=(8, 6))
    assert (int(out[2, 3]), int(out[4, 1]), int(out.sum())) == (76, 150, 226)  # .299 and .587 of 255


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (numpy.full((8, 6), 9, dtype=numpy.uint8), "it is all one value$"),
        (numpy.full((8, 6), 9, dtype=numpy.uint16), "it is all one value$"),
        (numpy.full((8, 6), numpy.nan, dtype=numpy.float32), "NaN or infinite"),
        (numpy.where(PATTERN == 3, numpy.inf, PATTERN).astype(numpy.float32), "NaN or infinite"),
        ((PATTERN.T * 5).astype(numpy.uint8), "its aspect is not its image's: 8x6 beside 6x8"),
        (numpy.dstack([PATTERN * 5] * 4).astype(numpy.uint8), "transparent in places"),
    ],
)
def test_what_cannot_be_used(saved, pixels, reason):
    with pytest.raises(DataError, match=reason):
        decode_human_map(saved(pixels), GREY, image_size=(8, 6))


def test_an_opaque_alpha_is_no_transparency(saved):
    pixels = numpy.dstack([PATTERN * 5] * 3 + [numpy.full((8, 6), 255)]).astype(numpy.uint8)
    assert numpy.array_equal(decode_human_map(saved(pixels), GREY, image_size=(8, 6)).numpy(), pixels[..., 0])


def test_one_value_where_the_network_looks(saved):
    pixels = numpy.zeros((8, 24), dtype=numpy.uint8)
    pixels[:, 0] = 255
    crop = Preprocessing(size=(8, 8), resize="crop", channels=1, mean=(0.5,), std=(0.5,))
    with pytest.raises(DataError, match="all one value in the part that the network sees"):
        decode_human_map(saved(pixels), crop, image_size=(8, 24))


def test_a_missing_map(tmp_path):
    with pytest.raises(DataError, match="the file does not exist"):
        decode_human_map(tmp_path / "none.png", GREY, image_size=(8, 6))


@pytest.mark.parametrize("resize", ["squash", "crop"])
def test_a_map_lies_on_its_image(tmp_path, resize):
    random = numpy.random.default_rng(0)
    pixels = random.integers(0, 256, (40, 60), dtype=numpy.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    how = Preprocessing(size=(16, 20), resize=resize, channels=1, mean=(0.0,), std=(1.0,))
    image = decode(tmp_path / "a.png", how)[0]
    assert torch.equal(decode_human_map(tmp_path / "a.png", how, image_size=(40, 60)), image)


@pytest.mark.parametrize("image_size", [(600, 450), (1024, 1024), (333, 1000)])
@pytest.mark.parametrize("shorter", [7, 14, 56, 224])
def test_a_scaled_map_has_its_image_s_aspect(image_size, shorter):
    scale = shorter / min(image_size)
    size = tuple(round(side * scale) for side in image_size)
    assert same_aspect(size, image_size)
    assert not same_aspect((size[0] + 2 + size[0] // 20, size[1]), image_size)
