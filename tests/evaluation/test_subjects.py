import pytest

from saliencekit.data import open_data
from saliencekit.errors import DataError, UsageError
from saliencekit.evaluation.subjects import open_all, subjects_of


def test_a_split_packed(pictures, plain):
    collection = open_data(pictures)
    subjects = subjects_of(collection, plain, split="test")
    assert (len(subjects), subjects.split, subjects.left_out) == (40, "test", 10)
    chosen = [sample for sample in collection.samples if sample.split == "test"]
    for number, sample in enumerate(chosen):
        assert subjects.name(number) == sample.image
        assert (subjects.group_of(number), subjects.split_of(number)) == (sample.group, "test")
        assert bool(subjects.synthetic[number]) == (sample.label == 1)
        assert subjects.dataset.path(number) == str(sample.path)


def test_names_of_any_script_and_no_groups(tmp_path, write_pictures, plain):
    rows = [("顔.png", "real", "", "", 90), ("=cmd.png", "fake", "", "", 200)]
    subjects = subjects_of(open_data(write_pictures(tmp_path / "d", rows)), plain, split="test")
    assert [subjects.name(number) for number in range(2)] == ["=cmd.png", "顔.png"]
    assert (subjects.split, subjects.group_of(0), subjects.split_of(0), subjects.groups) == (None, "", "", ())


def test_all_splits_and_limits(pictures, plain):
    assert len(subjects_of(open_data(pictures), plain, split="all")) == 50
    assert len(subjects_of(open_data(pictures), plain, split="test", limit=7)) == 7
    with pytest.raises(UsageError, match="'best'"):
        subjects_of(open_data(pictures), plain, split="best")


def test_unlabelled_images_are_refused(tmp_path, write_pictures, plain):
    manifest = write_pictures(tmp_path / "d", [("a.png", "", "", "", 90), ("b.png", "", "", "", 90)])
    with pytest.raises(DataError, match="needs labelled images"):
        subjects_of(open_data(manifest), plain, split="test")


def test_tables_a_generator_are_one_collection(tmp_path, write_pictures, plain):
    """The layout of the CYBORG authors: the same real images may be in each."""
    write_pictures(tmp_path, [(f"{name}.png", "real", "", "", 90) for name in "abcd"])
    for source, rows in (
        ("progan.csv", "test,Real,/a.png\ntest,Synthetic,/b.png\n"),
        ("stylegan.csv", "test,Real,/a.png\ntest,Synthetic,/c.png\ntest,Synthetic,/d.png\n"),
    ):
        (tmp_path / source).write_text(rows)
    joined = open_all([tmp_path / "progan.csv", tmp_path / "stylegan.csv"])
    subjects = subjects_of(joined, plain, split="test")
    assert subjects.groups == ("progan", "stylegan")
    named = {subjects.name(number): subjects.group_of(number) for number in range(len(subjects))}
    assert named == {
        "progan/a.png": "",
        "progan/b.png": "progan",
        "stylegan/c.png": "stylegan",
        "stylegan/d.png": "stylegan",
    }
    assert [(each.image, each.reason) for each in subjects.excluded] == [
        ("stylegan/a.png", "it is listed before, as progan/a.png")
    ]


def test_one_file_with_two_labels(tmp_path, write_pictures):
    write_pictures(tmp_path, [("a.png", "real", "", "", 90)])
    (tmp_path / "one.csv").write_text("test,Real,/a.png\n")
    (tmp_path / "two.csv").write_text("test,Synthetic,/a.png\n")
    with pytest.raises(DataError, match=r"one/a.png and two/a.png are one file with two labels"):
        open_all([tmp_path / "one.csv", tmp_path / "two.csv"])
    with pytest.raises(UsageError, match="got no source"):
        open_all([])
