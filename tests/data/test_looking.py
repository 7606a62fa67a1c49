import numpy
from PIL import Image

from saliencekit.data import open_data
from saliencekit.data.looking import ASPECT, FLAT, UNREADABLE, USABLE, look_at


def noise(seed, size=(8, 6)):
    return numpy.random.default_rng(seed).integers(0, 256, size, dtype=numpy.uint8)


def test_the_digest_is_of_the_pixels(tmp_path):
    picture = Image.fromarray(noise(0))
    picture.save(tmp_path / "a.png", compress_level=0)
    picture.save(tmp_path / "b.png", compress_level=9)
    picture.convert("RGB").save(tmp_path / "c.bmp")
    turned = picture.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 270 degrees counter-clockwise
    turned.save(tmp_path / "d.png", exif=exif)
    turned.save(tmp_path / "e.png")
    Image.fromarray(noise(0).reshape(6, 8)).save(tmp_path / "f.png")
    Image.fromarray(noise(1)).save(tmp_path / "g.png")
    digests = [bytes(row) for row in look_at(open_data(tmp_path)).digests]
    assert digests[0] == digests[1] == digests[2] == digests[3]
    assert len(set(digests[3:])) == 4


def test_what_files_are(tmp_path):
    for word, label in (("real", 0), ("fake", 1)):
        (tmp_path / word).mkdir()
        Image.fromarray(noise(label)).save(tmp_path / word / "a.png")
    Image.fromarray(noise(3, (4, 5, 3))).save(tmp_path / "fake" / "b.jpg")
    (tmp_path / "real" / "c.png").write_bytes(b"no image")
    look = look_at(open_data(tmp_path))
    assert look.good.tolist() == [True, True, True, False]
    assert look.kinds["size"] == {("6x8", 0): 1, ("6x8", 1): 1, ("5x4", 1): 1}
    assert look.kinds["mode"] == {("L", 0): 1, ("L", 1): 1, ("RGB", 1): 1}
    assert look.kinds["format"] == {("PNG", 0): 1, ("PNG", 1): 1, ("JPEG", 1): 1}
    assert look.failures == {3: "its content is no image that Pillow can read"}


def test_maps_by_kind_and_split(tmp_path):
    rows = ["path,label,split,human_map"]
    for number in range(5):
        Image.fromarray(noise(number)).save(tmp_path / f"{number}.png")
        rows.append(f"{number}.png,real,{'train' if number < 3 else 'val'},{'' if number == 4 else f'm{number}.png'}")
    (tmp_path / "manifest.csv").write_text("\n".join(rows))
    Image.fromarray(noise(7)).save(tmp_path / "m0.png")
    Image.new("L", (6, 8), 3).save(tmp_path / "m1.png")
    Image.fromarray(noise(7, (8, 8))).save(tmp_path / "m2.png")
    look = look_at(open_data(tmp_path), workers=1)
    assert look.maps == {("train", USABLE): 1, ("train", FLAT): 1, ("train", ASPECT): 1, ("val", UNREADABLE): 1}
    assert [look.map_failures[place][0] for place in (1, 2, 3)] == [FLAT, ASPECT, UNREADABLE]
    assert look.map_failures[3][1] == "the file does not exist"
