import pytest

from saliencekit.data import open_data
from saliencekit.data.sources import table_of
from saliencekit.errors import DataError, EnvironmentFault, UsageError


def test_what_it_is_comes_from_the_content(tree, tmp_path):
    folder = tree("real/a.png", "fake/a.png")
    (tmp_path / "one.txt").write_text("path,label\na.png,real\n")
    (tmp_path / "two.dat").write_text("\ufefftrain,Real,/a.png\n")
    assert open_data(folder).kind == "folder"
    assert open_data(str(tmp_path / "one.txt")).kind == "manifest"
    assert open_data(tmp_path / "two.dat").kind == "cyborg"


def test_a_folder_with_a_manifest_is_that_manifest(tree):
    folder = tree("images/a.png", "maps/a.png")
    (folder / "manifest.csv").write_text("path,label,human_map\nimages/a.png,real,maps/a.png\n")
    found = open_data(folder)
    assert (len(found), found.kind, found.name, found.source) == (1, "manifest", "set", str(folder))


@pytest.mark.parametrize("text", ["path,label\n../a.png,real\n", "train,Real,/../a.png\n"])
def test_paths_that_lead_out_are_refused_unless_allowed(tmp_path, text):
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "manifest.csv").write_text(text if text.startswith("path") else "path,label\n../a.png,real\n")
    (folder / "list.csv").write_text(text)
    for source in (folder, folder / "list.csv"):
        with pytest.raises(DataError, match="leads out of the folder"):
            open_data(source)
        assert open_data(source, allow_outside=True).samples[0].image == "../a.png"


def test_which_table_is_read(tree):
    folder = tree("a.png")
    assert table_of(folder) is None
    (folder / "manifest.csv").write_text("path,label\na.png,real\n")
    assert table_of(folder) == table_of(folder / "manifest.csv") == folder / "manifest.csv"


def test_split_and_limit(tree):
    folder = tree(
        *(f"{split}/{label}/{n}.png" for split in ("train", "test") for label in ("real", "fake") for n in "123")
    )
    found = open_data(folder, split="test", limit=2)
    assert [sample.image for sample in found.samples] == ["test/fake/1.png", "test/real/1.png"]
    assert found.left_out == 10


def test_unknown_split(tree):
    with pytest.raises(UsageError, match=r"has no splits"):
        open_data(tree("a.png"), split="test")


def test_nothing_there(tmp_path):
    with pytest.raises(DataError, match=r"cannot read .*none: the file does not exist"):
        open_data(tmp_path / "none")
    with pytest.raises(DataError, match=r"expected the path of a folder or a table, got an empty text"):
        open_data("")


def test_an_image_is_no_data_set(tree):
    with pytest.raises(DataError, match=r"a\.png is named like an image: expected a folder of images or a CSV"):
        open_data(tree("a.png") / "a.png")


def test_something_else_altogether(tmp_path):
    (tmp_path / "model.pt").write_bytes(b"PK\3\4\0\0\0\0")
    with pytest.raises(DataError, match=r"there is a NUL in line 1, so it is no CSV text"):
        open_data(tmp_path / "model.pt")


def test_below_a_folder_that_may_not_be_entered(open_folder_for_all, as_nobody):
    locked = open_folder_for_all / "locked"
    locked.mkdir()
    (locked / "list.csv").write_text("path,label\na.png,real\n")
    locked.chmod(0)
    with as_nobody(), pytest.raises(EnvironmentFault, match=r"there is no permission"):
        open_data(locked / "list.csv")
