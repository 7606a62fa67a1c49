import os
import subprocess
import sys

import pytest

from saliencekit.errors import EnvironmentFault
from saliencekit.files import held_alone, remove_from, sha256, write_json, write_text, written_whole


def test_a_file_appears_whole(tmp_path):
    write_text(tmp_path / "a" / "b.txt", "größe")
    assert (tmp_path / "a" / "b.txt").read_text(encoding="utf-8") == "größe"
    assert os.listdir(tmp_path / "a") == ["b.txt"]


def test_a_failure_leaves_the_old_content_and_no_temporary(tmp_path):
    target = tmp_path / "x.txt"
    target.write_text("old")
    with pytest.raises(ValueError, match="stop"), written_whole(target) as path:
        path.write_text("half of the ne")
        raise ValueError("stop")
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["x.txt"]


def test_a_full_disk_is_named(tmp_path):
    with pytest.raises(EnvironmentFault, match=r"cannot write .*x.txt: No space left"):
        with written_whole(tmp_path / "x.txt"):
            raise OSError(28, "No space left on device")


def test_a_killed_writer_leaves_the_old_file(tmp_path):
    target = tmp_path / "x.txt"
    target.write_text("old")
    code = (
        "import os, sys\nfrom saliencekit.files import written_whole\n"
        "with written_whole(sys.argv[1]) as path:\n    path.write_text('new'); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(target)], check=False).returncode == -9
    assert target.read_text() == "old"


def test_json_has_no_nan(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "x.json", {"value": float("nan")})
    assert os.listdir(tmp_path) == []


def test_permissions_follow_the_umask(tmp_path):
    before = os.umask(0o022)
    try:
        write_text(tmp_path / "x", "")
    finally:
        os.umask(before)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o644


def test_sha256_known_answer(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    assert sha256(tmp_path / "x") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_folder_is_held_by_one_process(tmp_path):
    code = "import sys\nfrom saliencekit.files import held_alone\nwith held_alone(sys.argv[1]): pass"
    with held_alone(tmp_path):
        other = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
        assert other.returncode != 0
        assert "is in use by another process" in other.stderr
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == 0


def test_what_is_named_is_removed_and_nothing_else(tmp_path):
    for name in ("a.json", "b.json", "mine.txt", "parts/000/x", "other/y"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    remove_from(tmp_path, files=["a.json", "b.json", "c.json"], folders=["parts", "gone", "mine.txt"])
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["mine.txt", "y"]


def test_what_may_not_be_removed_is_named(tmp_path):
    (tmp_path / "a.json").mkdir()  # a folder in a file's place
    with pytest.raises(EnvironmentFault, match=rf"^cannot empty {tmp_path}: "):
        remove_from(tmp_path, files=["a.json"], folders=[])


def test_what_a_link_leads_to_stays(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mine").touch()
    (tmp_path / "maps").symlink_to("elsewhere")
    with pytest.raises(EnvironmentFault, match=rf"^cannot empty {tmp_path}: .*symbolic link"):
        remove_from(tmp_path, files=[], folders=["maps"])
    assert (tmp_path / "elsewhere" / "mine").exists()
