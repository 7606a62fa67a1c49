import pytest

from saliencekit.data import open_cyborg
from saliencekit.data.cyborg import is_cyborg
from saliencekit.errors import DataError

TRAINING = """train,Synthetic,/train/original_data/1_fake/x.png
train,Real,/train/original_data/0_real/x.png
test,Real,/val/0_real/y.png
"""


@pytest.fixture
def write(tmp_path):
    def put(text):
        (tmp_path / "list.csv").write_text(text)
        return tmp_path / "list.csv"

    return put


def test_a_training_file(write, tmp_path):
    found = open_cyborg(write(TRAINING))
    assert (found.kind, found.classes) == ("cyborg", ("real", "fake"))
    assert [(sample.image, sample.label, sample.split) for sample in found.samples] == [
        ("train/original_data/0_real/x.png", 0, "train"),
        ("train/original_data/1_fake/x.png", 1, "train"),
        ("val/0_real/y.png", 0, "val"),
    ]
    assert found.samples[0].path == tmp_path / "train" / "original_data" / "0_real" / "x.png"


def test_a_test_file_stays_a_test_set(write):
    assert open_cyborg(write("test,Real,/a.png\ntest,Synthetic,/b.png\n")).splits == ("test",)


def test_another_root(write, tmp_path):
    found = open_cyborg(write(TRAINING), root=tmp_path / "images")
    assert found.samples[2].path == tmp_path / "images" / "val" / "0_real" / "y.png"


def test_the_same_row_again(write):
    found = open_cyborg(write(TRAINING + "train,Real,/train/original_data/0_real/x.png\n"))
    assert len(found) == 3
    assert found.excluded[0].reason == "line 4 lists it again, after line 2"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("train,Real,/a.png\ntrain,Synthetic,/a.png\n", r"lists 'a\.png' in two classes or splits, in lines 1 and 2"),
        ("train,Real,/a.png\ntest,Real,/a.png\n", r"in two classes or splits"),
        ("train,Real\n", r"line 1 of .* has 2 fields: expected split,class,path"),
        ("train,Real,/a.png\ntrian,Real,/b.png\n", r"line 2 of .*: split 'trian': expected train, val or test"),
        ("train,Real,/a.png\ntrain,Rael,/b.png\n", r"line 2 of .*: class 'Rael': expected Real or Synthetic"),
        ("train,Real,/../a.png\n", r"line 1 of .* leads out of the folder"),
        ("train,Real,/\n", r"line 1 of .* names no file"),
    ],
)
def test_faults_are_told_with_their_line(write, text, message):
    with pytest.raises(DataError, match=message):
        open_cyborg(write(text))


def test_a_path_out_of_the_root_where_that_is_allowed(write, tmp_path):
    found = open_cyborg(write("train,Real,/../a.png\n"), allow_outside=True)
    assert (found.samples[0].image, found.samples[0].path) == ("../a.png", tmp_path / ".." / "a.png")


@pytest.mark.parametrize("line", ["path,label,split", "a.png,real,train", "train,Real", "train,cat,/a.png", ""])
def test_other_tables_are_not_taken_for_theirs(line):
    assert not is_cyborg(line)
