import io
import os
import socket
import subprocess
import sys
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from saliencekit.errors import ModelError
from saliencekit.models.kinds import file_kind, readable

Save = Callable[..., Path]


def test_content_decides_and_not_the_name(saved: Save, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    state = nn.Linear(2, 2).state_dict()
    assert file_kind(saved(state, "a.safetensors")) == "checkpoint"
    assert file_kind(saved(state, "b.png", _use_new_zipfile_serialization=False)) == "legacy"
    save_file(state, tmp_path / "c.pt")
    assert file_kind(tmp_path / "c.pt") == "safetensors"


def test_what_carries_code_is_told_apart(tmp_path: Path) -> None:
    layer = nn.Linear(2, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(layer), str(tmp_path / "script.pt"))
        torch.export.save(torch.export.export(layer, (torch.zeros(1, 2),)), tmp_path / "export.pt2")
        with torch.package.PackageExporter(tmp_path / "package.pt") as exporter:
            exporter.save_pickle("model", "model.pkl", {"a": 1})
    assert file_kind(tmp_path / "script.pt") == "torchscript"
    assert file_kind(tmp_path / "export.pt2") == "export"
    assert file_kind(tmp_path / "package.pt") == "package"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"P", "got text"),
        (b"hello world\n" * 1000, "got text"),
        ("gr\u00fc\u00df dich".encode(), "got text"),
        (bytes(range(256)), "bytes of no form known here"),
        (b"\x89PNG\r\n\x1a\n", "got a PNG image"),
        (b"\x89HDF\r\n", "HDF5"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "Git LFS pointer"),
        (b"<!DOCTYPE html><html>", "a web page; perhaps the download failed"),
        (b"\xff" * 8 + b"{", "bytes of no form"),
        ((500).to_bytes(8, "little") + b'{"a":', "cut or damaged: its header is longer than the file"),
        (b"PK\x03\x04", "cut or damaged"),
    ],
)
def test_what_is_no_model_file_is_said(content: bytes, message: str, tmp_path: Path) -> None:
    file = tmp_path / "model.pt"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=message):
        file_kind(file)


def test_a_tar_archive_is_named(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "old.pt", "w") as archive:
        archive.addfile(tarfile.TarInfo("sys_info"), io.BytesIO(b""))
    with pytest.raises(ModelError, match="got a tar archive"):
        file_kind(tmp_path / "old.pt")


def _zip(path: Path, entries: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def test_other_zips_say_what_they_hold(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"zip archive but no model file: it holds word/document.xml"):
        file_kind(_zip(tmp_path / "a.pt", {"word/document.xml": b"x"}))


def test_compressed_entries_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="entries are compressed"):
        file_kind(_zip(tmp_path / "a.pt", {"a/data.pkl": b"0" * 10000}, zipfile.ZIP_DEFLATED))


def test_doubled_entries_are_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(tmp_path / "a.pt", "w") as archive:
        archive.writestr("a/data.pkl", b"1")
        archive.writestr("a/data.pkl", b"2")
    with pytest.raises(ModelError, match="names one twice"):
        file_kind(tmp_path / "a.pt")


def test_an_entry_that_says_it_is_a_folder_is_refused(saved: Save) -> None:
    file = saved(nn.Linear(2, 2).state_dict(), "a.pt")
    content = bytearray(file.read_bytes())
    central = content.rindex(b"PK\x01\x02")
    content[central + 38] ^= 0x10  # one bit of the attributes, which no checksum covers
    file.write_bytes(content)
    with pytest.raises(ModelError, match="says that it is a folder"):
        file_kind(file)


def test_a_wrong_checksum_names_the_entry(saved: Save) -> None:
    file = saved({"a": torch.full((100,), 0.25)}, "a.pt")
    content = bytearray(file.read_bytes())
    content[content.index(torch.full((4,), 0.25).numpy().tobytes()) + 8] ^= 1
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"checksum of its entry '.*data/0' is wrong"):
        file_kind(file)


def test_what_is_no_regular_file_is_refused_without_being_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pt")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s.pt"))
        for name in ("pipe.pt", "s.pt", "/dev/zero"):
            with pytest.raises(ModelError, match="is a device, pipe or socket"):
                file_kind(tmp_path / name)
    with pytest.raises(ModelError, match="is a folder: expected a model file"):
        file_kind(tmp_path)


def test_missing_files_and_dangling_links_are_said(tmp_path: Path) -> None:
    (tmp_path / "link.pt").symlink_to(tmp_path / "gone.pt")
    (tmp_path / "file").write_text("x")
    for name in ("nothing.pt", "link.pt", "file/model.pt"):
        with pytest.raises(ModelError, match="there is no file"):
            file_kind(tmp_path / name)
    with pytest.raises(ModelError, match="holds a NUL"):
        readable("a\0b")
    assert readable("~/m.pt") == Path.home() / "m.pt"


def test_a_file_that_may_not_be_read_is_the_environments_fault(tmp_path: Path) -> None:
    """Root may read everything: the check runs in a process that has stepped down to another user."""
    file = tmp_path / "secret.pt"
    file.write_bytes(b"PK\x03\x04")
    file.chmod(0)
    for folder in tmp_path.parents:
        if folder.stat().st_uid == os.getuid() and folder != Path("/") and folder != Path("/tmp"):
            folder.chmod(folder.stat().st_mode | 0o011)
    tmp_path.chmod(0o755)
    code = (
        "import os, sys, pathlib\n"
        "from saliencekit.errors import EnvironmentFault\n"
        "from saliencekit.models.kinds import file_kind\n"
        "os.getuid() or os.setuid(65534)\n"
        "try: file_kind(pathlib.Path(sys.argv[1]))\n"
        "except EnvironmentFault as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=False)
    assert "cannot read" in done.stdout, done.stderr
    assert "Permission denied" in done.stdout
