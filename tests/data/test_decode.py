import io
import os
import struct
import subprocess
import sys
import warnings
import zlib

import numpy
import pytest
import skimage.data
import torch
from PIL import Image, ImageFile

from saliencekit.data import load_image
from saliencekit.data.decode import decode
from saliencekit.errors import DataError
from saliencekit.preprocessing import Preprocessing

# Orientation -> what was done to the upright pixels (H, W, C) before they were stored.
ORIENTATIONS = {
    1: lambda p: p,
    2: lambda p: p[:, ::-1],
    3: lambda p: p[::-1, ::-1],
    4: lambda p: p[::-1],
    5: lambda p: p.swapaxes(0, 1),
    6: lambda p: numpy.rot90(p, 1),
    7: lambda p: numpy.rot90(p, 1)[:, ::-1],
    8: lambda p: numpy.rot90(p, -1),
}


FORMATS = (
    *("PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP", "ICO", "TGA"),
    *("PCX", "SGI", "DDS", "ICNS", "JPEG2000", "AVIF"),
)


def reason(path, preprocessing):
    with pytest.raises(DataError) as told:
        decode(path, preprocessing)
    assert "\n" not in str(told.value)
    assert str(path) not in str(told.value)
    return str(told.value)


def encoded(image, word, **settings):
    stream = io.BytesIO()
    image.save(stream, word, **settings)
    return stream.getvalue()


@pytest.mark.parametrize("word", ["PNG", "BMP", "TIFF", "PPM", "TGA", "QOI", "ICO"])
def test_lossless_formats_give_their_pixels(tmp_path, plain, picture, word):
    Image.fromarray(picture).save(tmp_path / "x", word, **({"sizes": [(6, 8)]} if word == "ICO" else {}))
    pixels = load_image(tmp_path / "x", plain)
    assert (pixels.dtype, pixels.shape, pixels.is_contiguous()) == (torch.uint8, (3, 8, 6), True)
    assert numpy.array_equal(pixels.permute(1, 2, 0), picture)


def test_content_decides_and_not_the_name(tmp_path, plain, picture):
    Image.fromarray(picture).save(tmp_path / "x.jpg", "PNG")
    assert numpy.array_equal(load_image(str(tmp_path / "x.jpg"), plain).permute(1, 2, 0), picture)


def test_one_channel(tmp_path, grey, picture):
    Image.fromarray(picture[..., 0]).save(tmp_path / "x.png")
    assert numpy.array_equal(load_image(tmp_path / "x.png", grey)[0], picture[..., 0])


@pytest.mark.real
def test_a_photograph_equals_torchvisions_own_way(tmp_path):
    from torchvision.transforms import v2

    rule = Preprocessing(size=(64, 64), resize="crop", resize_to=72)
    Image.fromarray(skimage.data.chelsea()).save(tmp_path / "cat.jpg", quality=95)
    usual = v2.Compose([v2.Resize(72), v2.CenterCrop(64), v2.PILToTensor()])
    with Image.open(tmp_path / "cat.jpg") as image:
        assert torch.equal(load_image(tmp_path / "cat.jpg", rule), usual(image.convert("RGB")))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("word", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_all_orientations_come_out_upright(tmp_path, plain, orientation, word):
    upright = numpy.zeros((8, 6, 3), dtype=numpy.uint8)
    upright[:4, :3], upright[:4, 3:], upright[4:, :3] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(numpy.ascontiguousarray(ORIENTATIONS[orientation](upright)))
    lossless = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}}.get(word, {})
    stored.save(tmp_path / "x", word, exif=exif, **lossless)
    found = load_image(tmp_path / "x", plain).permute(1, 2, 0).numpy()
    corners = [found[0, 0], found[0, -1], found[-1, 0], found[-1, -1]]
    assert numpy.abs(numpy.array(corners, int) - [[255, 0, 0], [0, 255, 0], [0, 0, 255], [0, 0, 0]]).max() <= 40


def test_broken_exif_says_nothing(tmp_path, plain, picture):
    for number, exif in enumerate(
        (b"Exif\0\0garbage", b"Exif\0\0MM\0*\0\0\xff\xff", b"", b"Exif\0\0II*\0\x08\0\0\0\xff\xff")
    ):
        path = tmp_path / f"{number}.jpg"
        Image.fromarray(picture).save(path, exif=exif, quality=100)
        assert load_image(path, plain).shape == (3, 8, 6)


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_orientation_that_does_not_exist(tmp_path, plain, picture, value):
    exif = Image.Exif()
    exif[0x0112] = value
    Image.fromarray(picture).save(tmp_path / "x.png", exif=exif)
    assert numpy.array_equal(load_image(tmp_path / "x.png", plain).permute(1, 2, 0), picture)


def test_sixteen_bit_files_keep_their_greys(tmp_path, grey):
    values = numpy.linspace(0, 65535, 48).astype(numpy.uint16).reshape(8, 6)
    expected = numpy.rint(values / 257.0)
    for name in ("x.png", "x.tif", "x.pgm"):
        Image.fromarray(values).save(tmp_path / name)
        assert numpy.array_equal(load_image(tmp_path / name, grey)[0], expected), name


def test_a_dark_sixteen_bit_file_stays_dark_when_it_is_turned(tmp_path, grey):
    exif = Image.Exif()
    exif[0x0112] = 3
    Image.fromarray(numpy.full((8, 6), 200, dtype=numpy.uint16)).save(tmp_path / "x.png", exif=exif)
    assert set(load_image(tmp_path / "x.png", grey).flatten().tolist()) == {1}


def test_thirty_two_bit_files(tmp_path, grey):
    floats = numpy.linspace(0, 1, 48, dtype=numpy.float32).reshape(8, 6)
    Image.fromarray(floats).save(tmp_path / "f.tif")
    assert numpy.array_equal(load_image(tmp_path / "f.tif", grey)[0], numpy.rint(floats * 255.0))
    integers = numpy.arange(48, dtype=numpy.int32).reshape(8, 6) * 5
    Image.fromarray(integers).save(tmp_path / "i.tif")
    assert numpy.array_equal(load_image(tmp_path / "i.tif", grey)[0], integers)
    Image.fromarray(floats * numpy.nan).save(tmp_path / "n.tif")
    assert reason(tmp_path / "n.tif", grey) == "it has pixels that are NaN or infinite"


def test_cmyk_jpeg_is_read_with_adobes_inversion_undone(tmp_path, plain):
    Image.new("CMYK", (6, 8), (0, 255, 255, 0)).save(tmp_path / "x.jpg", quality=100)
    red, green, blue = load_image(tmp_path / "x.jpg", plain)[:, 4, 3].tolist()
    assert (red > 250, green < 5, blue < 5) == (True, True, True)
    Image.new("CMYK", (6, 8), (0, 255, 255, 0)).save(tmp_path / "x.tif")
    assert load_image(tmp_path / "x.tif", plain)[:, 4, 3].tolist() == [255, 0, 0]


def test_hidden_colours_do_not_show(tmp_path, plain, picture):
    hidden = numpy.dstack([picture, numpy.zeros((8, 6), dtype=numpy.uint8)])
    Image.fromarray(hidden).save(tmp_path / "x.png")
    assert set(load_image(tmp_path / "x.png", plain).flatten().tolist()) == {255}


@pytest.mark.parametrize("word", ["GIF", "WEBP", "PNG", "TIFF"])
def test_the_first_frame_counts(tmp_path, plain, word):
    frames = [Image.new("RGB", (6, 8), colour) for colour in ((0, 0, 0), (255, 255, 255))]
    settings = {"lossless": True} if word == "WEBP" else {}
    frames[0].save(tmp_path / "x", word, save_all=True, append_images=frames[1:], **settings)
    assert load_image(tmp_path / "x", plain).max() == 0


@pytest.mark.parametrize("word", ["PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP", "PPM", "TGA", "JPEG2000", "QOI"])
def test_cut_anywhere_is_refused_or_changes_nothing(tmp_path, plain, picture, word):
    whole = encoded(Image.fromarray(picture), word)
    (tmp_path / "whole").write_bytes(whole)
    expected = load_image(tmp_path / "whole", plain)
    refused = 0
    for length in range(1, len(whole), max(1, len(whole) // 60)):
        (tmp_path / "cut").write_bytes(whole[:length])
        try:
            assert torch.equal(load_image(tmp_path / "cut", plain), expected), length
        except DataError:
            refused += 1
    assert refused > 20


def test_a_flipped_bit_in_a_png_never_passes_with_other_pixels(tmp_path, plain, picture):
    whole = encoded(Image.fromarray(picture), "PNG")
    (tmp_path / "whole").write_bytes(whole)
    expected = load_image(tmp_path / "whole", plain)
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        (tmp_path / "flipped").write_bytes(damaged)
        try:
            assert torch.equal(load_image(tmp_path / "flipped", plain), expected), place
        except DataError:
            continue


def test_random_damage_is_refused_or_read_but_never_anything_else(tmp_path, plain):
    draw = numpy.random.default_rng(0)
    for word in FORMATS:
        whole = encoded(Image.new("RGB", (64, 64), (9, 99, 200)), word)
        for _ in range(40):
            damaged = bytearray(whole)
            for place in draw.integers(0, min(len(whole), 300), 3):
                damaged[place] = draw.integers(0, 256)
            (tmp_path / "damaged").write_bytes(damaged)
            try:
                assert load_image(tmp_path / "damaged", plain).shape == (3, 8, 6)
            except DataError:
                continue


def test_a_cut_file_is_refused_even_where_the_process_tolerates_them(tmp_path, plain, monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    (tmp_path / "x.jpg").write_bytes(encoded(Image.new("RGB", (300, 300)), "JPEG")[:-200])
    assert reason(tmp_path / "x.jpg", plain).startswith("it is cut short or damaged (image file is truncated")
    assert ImageFile.LOAD_TRUNCATED_IMAGES is True


@pytest.mark.parametrize(
    "content", [b"hello, this is text", b"\x89PNG\r\n\x1a\n", b"\0" * 500, b"GIF89a", b"<svg></svg>"]
)
def test_what_is_no_image(tmp_path, plain, content):
    (tmp_path / "x.png").write_bytes(content)
    assert reason(tmp_path / "x.png", plain).startswith(("its content is no image", "it is cut short or damaged"))


def test_a_decompression_bomb_is_refused_from_its_header(tmp_path, plain):
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b""))
    )
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)
    expected = "it has more than 178956970 pixels: a decompression bomb?"
    assert reason(tmp_path / "bomb.png", plain) == expected


def test_the_limit_holds_where_the_process_lifted_pillows(tmp_path, plain, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    (tmp_path / "bomb.pgm").write_bytes(b"P5 60000 60000 255\n")
    assert reason(tmp_path / "bomb.pgm", plain) == "it has more than 178956970 pixels: a decompression bomb?"


def test_postscript_is_not_run(tmp_path, plain):
    (tmp_path / "x.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n")
    assert reason(tmp_path / "x.png", plain) == "it is EPS, which is drawn by running a program"


def test_extreme_shapes(tmp_path, plain):
    for size in ((65500, 1), (1, 65500), (1, 1)):
        Image.new("RGB", size, (1, 2, 3)).save(tmp_path / "x.png")
        assert load_image(tmp_path / "x.png", plain)[:, 4, 3].tolist() == [1, 2, 3]


@pytest.mark.parametrize("kind", ["fifo", "socket", "folder"])
def test_special_files_never_hang(tmp_path, special, plain, kind):
    special(kind, tmp_path / "x.png")
    assert reason(tmp_path / "x.png", plain).startswith("it is a ")


def test_files_that_are_not_there(tmp_path, plain):
    (tmp_path / "dangling.png").symlink_to("nothing.png")
    (tmp_path / "circle.png").symlink_to("circle.png")
    (tmp_path / "empty.png").touch()
    assert reason(tmp_path / "none.png", plain) == "the file does not exist"
    assert reason(tmp_path / "dangling.png", plain) == "it is a link that leads nowhere"
    assert reason(tmp_path / "circle.png", plain) == "its links go round in a circle"
    assert reason(tmp_path / "empty.png", plain) == "it is empty"


def test_no_permission(open_folder_for_all, as_nobody, plain):
    path = open_folder_for_all / "x.png"
    Image.new("RGB", (6, 8)).save(path)
    path.chmod(0)
    with as_nobody():
        assert reason(path, plain) == "there is no permission to read it"


def test_not_enough_memory(tmp_path, plain, picture, monkeypatch):
    Image.fromarray(picture).save(tmp_path / "x.png")

    def full(self):
        raise MemoryError

    monkeypatch.setattr(ImageFile.ImageFile, "load", full)
    assert reason(tmp_path / "x.png", plain) == "there is not enough memory to decode it"


def test_the_whole_sentence_names_the_file(tmp_path, plain):
    with pytest.raises(DataError, match=r"^cannot read the image .*/none\.png: the file does not exist$"):
        load_image(tmp_path / "none.png", plain)


def test_names_with_odd_bytes(tmp_path, plain, picture):
    path = os.path.join(os.fsencode(tmp_path), b"\xff\xe9.png")
    Image.fromarray(picture).save(path, "PNG")
    assert load_image(os.fsdecode(path), plain).shape == (3, 8, 6)


def test_pillows_warnings_stay_inside(tmp_path, plain):
    image = Image.new("P", (6, 8))
    image.save(tmp_path / "x.png", transparency=bytes([0, 128, 255]))
    (tmp_path / "x.tif").write_bytes(encoded(Image.new("L", (6, 8)), "TIFF") + b"\0")
    Image.new("L", (10_000, 9_000)).save(tmp_path / "large.png", compress_level=1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for name in ("x.png", "x.tif", "large.png"):
            load_image(tmp_path / name, plain)
    assert not caught


def test_no_handle_is_left_open(tmp_path, plain, picture):
    Image.fromarray(picture).save(tmp_path / "x.tif")
    (tmp_path / "cut.png").write_bytes(encoded(Image.fromarray(picture), "PNG")[:-40])
    load_image(tmp_path / "x.tif", plain)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        load_image(tmp_path / "x.tif", plain)
        reason(tmp_path / "cut.png", plain)
    assert len(os.listdir("/proc/self/fd")) == before


def test_listing_needs_no_pillow():
    code = "import sys, saliencekit.data; print('PIL' in sys.modules, 'skimage' in sys.modules, 'scipy' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False"] * 3
