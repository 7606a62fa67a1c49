from pathlib import Path

import pytest

from saliencekit.data import Sample, open_manifest
from saliencekit.data.manifest import find_header, read_column
from saliencekit.errors import DataError, EnvironmentFault


@pytest.fixture
def write(tmp_path):
    def put(text, encoding="utf-8"):
        path = tmp_path / "list.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return put


def labels(collection):
    return {sample.image: sample.label for sample in collection.samples}


def test_every_column(write, tmp_path):
    found = open_manifest(
        write("label,path,human_map,note,group,split\nfake,b.png,maps/b.png,x,progan,train\nreal,a.png,,,,validation\n")
    )
    assert found.classes == ("real", "fake")
    assert found.samples == (
        Sample("a.png", tmp_path / "a.png", 0, "val", None, None),
        Sample("b.png", tmp_path / "b.png", 1, "train", "progan", tmp_path / "maps" / "b.png"),
    )
    assert (found.name, found.kind, found.source) == ("list", "manifest", str(tmp_path / "list.csv"))


def test_no_file_needs_to_exist(write):
    assert len(open_manifest(write("path,label\nnowhere.png,real\n"))) == 1


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_separators_endings_and_byte_order_marks(write, separator, ending, encoding):
    text = ending.join(separator.join(row) for row in (("Path", " LABEL "), ("é 1.png", "Real"), ("b.png", "Fake")))
    assert labels(open_manifest(write(text, encoding))) == {"b.png": 1, "é 1.png": 0}


def test_quoted_names(write):
    assert labels(open_manifest(write('"path","label"\n"a,b.png","real"\n'))) == {"a,b.png": 0}


def test_class_names_of_any_kind(write):
    found = open_manifest(write("path,label\n1.png,dog\n2.png,cat\n"))
    assert (found.classes, labels(found)) == (("cat", "dog"), {"1.png": 1, "2.png": 0})


def test_labels_may_be_empty_if_all_are(write):
    found = open_manifest(write("path,label\n1.png,\n2.png, \n"))
    assert (found.classes, labels(found)) == ((), {"1.png": None, "2.png": None})


def test_the_same_row_again_is_left_out_by_name(write):
    found = open_manifest(write("path,label\na.png,real\nb.png,fake\n./a.png,genuine\na.png,0_real\n"))
    assert labels(found) == {"a.png": 0, "b.png": 1}
    assert [(failure.image, failure.reason) for failure in found.excluded] == [
        ("a.png", "line 4 lists it again, after line 2"),
        ("a.png", "line 5 lists it again, after line 2"),
    ]
    assert len(found) + len(found.excluded) == 4


def test_bytes_that_are_no_text(write):
    found = open_manifest(write(b"path,label,group\ncaf\xe9.png,real,g\xe9\n"))
    assert (found.samples[0].image, found.samples[0].group) == ("caf\\xe9.png", "g\\xe9")
    assert bytes(found.samples[0].path).endswith(b"caf\xe9.png")


def test_a_file_called_manifest_has_the_name_of_its_folder(tmp_path):
    (tmp_path / "faces").mkdir()
    (tmp_path / "faces" / "manifest.csv").write_text("path,label\na.png,real\n")
    assert open_manifest(tmp_path / "faces" / "manifest.csv").name == "faces"


def test_many_rows(write):
    rows = "".join(f"part{n % 7}/{n}.png,{n % 2},{'train' if n % 3 else 'test'}\n" for n in range(20_000))
    found = open_manifest(write("path,label,split\n" + rows))
    assert len(found) == 20_000
    assert sum(sample.label for sample in found.samples) == 10_000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,label\n", r"list\.csv has a header and no rows"),
        ("a.png,real\nb.png,fake\n", r"list\.csv has no header: expected its first line to be path,label"),
        ("path\na.png\n", r"the header of .* has no column 'label': expected path,label\[,split"),
        ("label,group\nreal,a\n", r"the header of .* has no column 'path'"),
        ("path,lable\na.png,real\n", r"the header of .* has a column 'lable' and no 'label': is that meant\?"),
        ("path,label,spilt\na.png,real,test\n", r"has a column 'spilt' and no 'split'"),
        ("path,label,label\na.png,real,fake\n", r"the header of .* has the column 'label' 2 times"),
        ("path,label\na.png,real\nb.png\n", r"line 3 of .* has 1 fields, the header has 2"),
        ("path,label\na,b.png,real\n", r"line 2 of .* has 3 fields, the header has 2"),
        ("path,label\na.png,real\nb.png,\n", r"line 3 of .* has no label, while others have"),
        ("path,label\na.png,real\nb.png,faek\n", r"in .*, label 'faek' \(line 3\) means neither real nor fake"),
        ("path,label\na.png,real\nb.png,1\n", r"in .*, labels mix numbers \('1', line 3\) and words"),
        ('path,label\n"a.png,real\nb.png,fake\n', r"line 3 is no valid CSV"),
        ('path,label\n"a.png,real\n""b.png",fake\n', r"the path has a line break"),
        ("path,label\n../a.png,real\n", r"line 2 of .*: the path '\.\./a\.png' leads out"),
        ("path,label\n/etc/passwd,real\n", r"line 2 of .*: the path '/etc/passwd' leads out"),
        ("path,label,human_map\na.png,real,../../m.png\n", r"line 2 of .* leads out"),
        ("path,label\n,real\n", r"line 2 of .*: the path '' names no file"),
        ("path,label\na.png,real\nx/../a.png,fake\n", r"lists 'a\.png' with two labels, in lines 2 and 3"),
        ("path,label,split\na.png,0,train\na.png,0,test\n", r"lists 'a\.png' with two splits, in lines 2 and 3"),
        ("path,label\na\0.png,real\n", r"there is a NUL in line 2"),
    ],
)
def test_faults_are_told_with_their_line(write, text, message):
    with pytest.raises(DataError, match=message) as told:
        open_manifest(write(text))
    assert "\n" not in str(told.value)


def test_paths_out_of_the_folder_where_that_is_allowed(write, tmp_path):
    path = write(f"path,label,human_map\n../b/a.png,real,/maps/./m.png\n/x/b.png,fake,\n{tmp_path}/c.png,fake,\n")
    with pytest.raises(DataError, match=r"line 2 of .* leads out of the folder .*, which takes an explicit permission"):
        open_manifest(path)
    found = open_manifest(path, allow_outside=True)
    assert [sample.image for sample in found.samples] == ["../b/a.png", "/x/b.png", "c.png"]
    assert found.samples[0].path == tmp_path / ".." / "b" / "a.png"
    assert found.samples[0].human_map == Path("/maps/m.png")
    assert found.samples[1].path == Path("/x/b.png")


def test_any_column_can_be_read(write):
    path = write("path,label,Person\n./b.png,real,Anna\na.png,fake, ben\n")
    assert read_column(path, "person") == (["b.png", "a.png"], ["Anna", "ben"])
    assert read_column(path, "label") == (["b.png", "a.png"], ["real", "fake"])


@pytest.mark.parametrize(
    ("header", "message"),
    [("path,label,who", r"has no column 'person'"), ("path,label,person,person", r"has 2 columns 'person'")],
)
def test_a_column_must_be_there_once(write, header, message):
    row = ",".join("a.png" for _ in header.split(","))
    with pytest.raises(DataError, match=message):
        read_column(write(f"{header}\n{row}\n"), "person")


def test_no_permission(open_folder_for_all, as_nobody):
    path = open_folder_for_all / "list.csv"
    path.write_text("path,label\na.png,real\n")
    path.chmod(0)
    with as_nobody(), pytest.raises(EnvironmentFault, match=r"there is no permission"):
        open_manifest(path)


def test_headers_are_told_from_rows():
    assert find_header("path,label") == (",", ["path", "label"])
    assert find_header('"path"\t"label"') == ("\t", ["path", "label"])
    assert find_header("real/a.png,real") is None
