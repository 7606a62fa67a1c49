import json

import pytest
from PIL import Image

import saliencekit.cli.check  # noqa: F401  the command registers itself
from saliencekit.data import build_faces


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    return build_faces(tmp_path_factory.mktemp("data") / "faces")


@pytest.fixture
def leaky(tmp_path):
    """Four pictures, one of them in both splits, and a name with a control character."""
    rows = ["path,label,split,person"]
    for number, (label, split) in enumerate((("real", "train"), ("fake", "train"), ("real", "val"), ("fake", "val"))):
        name = f"{number}\x1b[31m.png"
        Image.new("L", (8, 8), number % 3).save(tmp_path / name, format="PNG")
        rows.append(f"{name},{label},{split},p{number % 2}")
    (tmp_path / "manifest.csv").write_text("\n".join(rows))
    return tmp_path


def test_the_embedded_faces_are_clean(run, faces):
    code, out, err = run("check", faces)
    assert (code, err) == (0, "")
    for word in ("1,480 images", "train  fake   upsampling", "sizes: 1,480 56x56", "formats: 1,480 PNG", "50.0%"):
        assert word in out
    assert out.endswith("no errors, no warnings\n")


def test_errors_end_in_3_with_a_sentence_each(run, leaky):
    code, out, err = run("check", leaky, "--identity-column", "person")
    assert (code, err) == (3, "")
    assert "error: 2 values of the column 'person' are in several splits; 'p0' is in train and val." in out
    assert "error: 1 picture is in several splits, by the decoded pixels;" in out
    assert "error: 1 picture is under several labels" in out
    assert "3 errors, no warnings" in out
    assert "\x1b" not in out
    assert run("check", leaky, "--group-column", "person")[0] == 3


def test_json_is_the_whole_result(run, leaky):
    code, out, _ = run("check", leaky, "--json")
    found = json.loads(out)
    assert code == 3
    assert (found["ok"], found["images"], found["schema_version"]) == (False, 4, 1)
    assert [(each["severity"], each["kind"]) for each in found["findings"]] == [
        ("error", "same-content-across-splits"),
        ("error", "same-content-two-labels"),
    ]


def test_warnings_end_in_0(run, images):
    code, out, _ = run("check", images)
    assert code == 0
    assert "warning: Nothing is labelled" in out
    assert "human maps: none" in out


def test_human_maps_from_a_folder(run, leaky, tmp_path):
    maps = tmp_path / "maps"
    maps.mkdir()
    Image.radial_gradient("L").save(maps / "0\x1b[31m.png")
    Image.radial_gradient("L").save(maps / "other.png")
    _, out, _ = run("check", leaky, "--human-maps", maps)
    assert "human maps: 25.0% of the images have a usable one (1 usable, 1 extra)" in out
    assert "warning: 1 human map belongs to no image; 'other.png' is the first." in out


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("{tmp}/none",), 3, "the file does not exist"),
        (("{leaky}", "--identity-column", "who"), 3, "has no column 'who'"),
        (("{leaky}", "--human-maps", "{tmp}/none"), 3, "cannot list the folder"),
        ((), 2, "requires an argument"),
        (("{leaky}", "--workers", "many"), 2, "many"),
        (("{out}",), 3, "leads out of the folder"),
    ],
)
def test_mistakes_get_one_sentence_and_their_code(run, leaky, tmp_path, words, code, sentence):
    outside = tmp_path / "outside.csv"
    outside.write_text("path,label\n/x/a.png,real\n")
    filled = [word.format(tmp=tmp_path, leaky=leaky, out=outside) for word in words]
    got, out, err = run("check", *filled)
    assert (got, out) == (code, "")
    assert sentence in err


def test_paths_out_of_the_folder_where_that_is_allowed(run, tmp_path):
    outside = tmp_path / "outside.csv"
    outside.write_text("path,label\n/x/a.png,real\n")
    code, out, _ = run("check", outside, "--allow-outside")
    assert code == 3
    assert "error: 1 image does not exist; '/x/a.png': the file does not exist." in out
