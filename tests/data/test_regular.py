import os

import pytest

from saliencekit.data.regular import open_regular
from saliencekit.errors import DataError


def test_a_file_is_opened(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    with open_regular(tmp_path / "a") as stream:
        assert stream.read() == b"abc"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("fifo", "it is a FIFO, not a regular file"),
        ("socket", "it is a socket, not a regular file"),
        ("folder", "it is a folder"),
    ],
)
def test_what_is_no_file_is_refused_before_it_is_opened(tmp_path, special, kind, reason):
    special(kind, tmp_path / "x.png")
    with pytest.raises(DataError, match=f"^{reason}$"):
        open_regular(tmp_path / "x.png")


def test_a_device_is_refused():
    with pytest.raises(DataError, match=r"^it is a character device, not a regular file$"):
        open_regular("/dev/zero")


def test_missing_empty_dangling_and_circular(tmp_path):
    (tmp_path / "empty").touch()
    (tmp_path / "dangling").symlink_to("nothing")
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    for name, reason in (
        ("missing", "the file does not exist"),
        ("empty", "it is empty"),
        ("dangling", "it is a link that leads nowhere"),
        ("one", "its links go round in a circle"),
        ("empty/inside", "a part of its path is no folder"),
        ("n" * 300, "its name is too long for this system"),
    ):
        with pytest.raises(DataError, match=f"^{reason}$"):
            open_regular(tmp_path / name)


def test_a_nul_in_the_name():
    with pytest.raises(DataError, match=r"its name cannot be used"):
        open_regular("a\0b")


def test_no_permission(open_folder_for_all, as_nobody):
    path = open_folder_for_all / "secret"
    path.write_bytes(b"abc")
    path.chmod(0)
    with as_nobody(), pytest.raises(PermissionError):
        open_regular(path)


def test_no_handle_is_left_open(tmp_path):
    (tmp_path / "empty").touch()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        with pytest.raises(DataError):
            open_regular(tmp_path / "empty")
    assert len(os.listdir("/proc/self/fd")) == before
