import pytest

from saliencekit.data.table import PathRule, first_line, read_rows, read_text
from saliencekit.errors import DataError, EnvironmentFault


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom"])
def test_encodings(tmp_path, encoding):
    content = b"\xff\xfe" + "é,顔".encode("utf-16-le") if encoding.endswith("bom") else "é,顔".encode(encoding)
    (tmp_path / "t.csv").write_bytes(content)
    assert read_text(tmp_path / "t.csv") == "é,顔"


def test_bytes_that_are_no_text_survive(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"caf\xe9")
    assert read_text(tmp_path / "t.csv").encode("utf-8", "surrogateescape") == b"caf\xe9"


def test_a_nul_is_no_text(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"a\nb\nc\0")
    with pytest.raises(DataError, match=r"cannot read .*t\.csv: there is a NUL in line 3, so it is no CSV text"):
        read_text(tmp_path / "t.csv")


def test_half_a_character(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"\xff\xfea")
    with pytest.raises(DataError, match=r"it is no text"):
        read_text(tmp_path / "t.csv")


def test_what_cannot_be_read(tmp_path, special):
    special("fifo", tmp_path / "fifo.csv")
    (tmp_path / "empty.csv").touch()
    for name, reason in (("none", "does not exist"), ("empty", "it is empty"), ("fifo", "it is a FIFO")):
        with pytest.raises(DataError, match=rf"cannot read .*{name}\.csv: .*{reason}"):
            read_text(tmp_path / f"{name}.csv")


def test_no_permission_is_the_environments_fault(open_folder_for_all, as_nobody):
    path = open_folder_for_all / "t.csv"
    path.write_text("a")
    path.chmod(0)
    with as_nobody(), pytest.raises(EnvironmentFault, match=r"cannot read .*t\.csv: there is no permission"):
        read_text(path)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_endings_blank_lines_and_numbers(ending):
    text = ending.join(["", "a,b", "", "c,d", ",", ""])
    assert list(read_rows(text, separator=",", source="t")) == [(2, ["a", "b"]), (4, ["c", "d"])]
    assert first_line(text) == "a,b"


def test_quotes():
    rows = list(read_rows('"a,1","say ""x"""\n"two\nlines",b\n', separator=",", source="t"))
    assert rows == [(1, ["a,1", 'say "x"']), (3, ["two\nlines", "b"])]


@pytest.mark.parametrize("text", ['a,b\n"c,d\ne,f\n', 'a,b\n"c"d,e\n', "a,b\n" + "x" * 200_000 + ",c\n"])
def test_faulty_quotes_and_fields_that_never_end(text):
    with pytest.raises(DataError, match=r"cannot read t: line \d is no valid CSV"):
        list(read_rows(text, separator=",", source="t"))


@pytest.fixture
def rule(tmp_path):
    return PathRule(tmp_path, source="t.csv")


@pytest.mark.parametrize(
    ("written", "relative"),
    [
        ("a.png", "a.png"),
        ("./a.png", "a.png"),
        ("a//b/./c.png", "a/b/c.png"),
        ("a/../b.png", "b.png"),
        (".hidden/a.png", ".hidden/a.png"),
        ("..a/b.png", "..a/b.png"),
        (" a .png", " a .png"),
        ("a/b/", "a/b"),
    ],
)
def test_paths_are_normalised(rule, written, relative):
    assert rule.relative(written, 1) == relative


def test_an_absolute_path_inside_becomes_relative(rule, tmp_path):
    assert rule.relative(f"{tmp_path}/a/b.png", 1) == "a/b.png"


@pytest.mark.parametrize("written", ["..", "../a.png", "a/../../b.png", "/etc/passwd", "a/../.."])
def test_paths_that_lead_out(rule, written):
    with pytest.raises(DataError, match=r"line 7 of t\.csv: the path '.*' leads out of the folder"):
        rule.relative(written, 7)


def test_a_folder_beside_with_the_same_beginning_is_outside(rule, tmp_path):
    with pytest.raises(DataError, match=r"leads out of the folder"):
        rule.relative(f"{tmp_path}-2/a.png", 7)


@pytest.mark.parametrize("written", ["", ".", "a/..", "./"])
def test_paths_that_name_no_file(rule, written):
    with pytest.raises(DataError, match=r"line 7 of t\.csv: the path '.*' names no file"):
        rule.relative(written, 7)


@pytest.mark.parametrize("written", ["a\nb.png", "a\rb.png"])
def test_a_line_break_in_a_path(rule, written):
    with pytest.raises(DataError, match=r"line 7 of t\.csv: the path has a line break"):
        rule.relative(written, 7)
