import os
import socket
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy
import pytest
from PIL import Image

from saliencekit.preprocessing import Preprocessing


@pytest.fixture
def plain():
    """RGB at 8x6 (height x width), squashed with the nearest neighbour: pixels of such images stay as they are."""
    return Preprocessing(size=(8, 6), interpolation="nearest")


@pytest.fixture
def grey():
    return Preprocessing(size=(8, 6), interpolation="nearest", channels=1, mean=(0.5,), std=(0.5,))


@pytest.fixture
def picture():
    """A picture (8, 6, 3) in which no two pixels are alike."""
    return (numpy.arange(8 * 6 * 3).reshape(8, 6, 3) * 37 % 251).astype(numpy.uint8)


@pytest.fixture
def tree(tmp_path):
    """Make small images at relative paths, and return the folder that holds them."""

    def make(*names, folder="set"):
        root = tmp_path / folder
        for number, name in enumerate(names):
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (3, 2), number % 256).save(path, format="PNG")
        root.mkdir(exist_ok=True)
        return root

    return make


@pytest.fixture
def open_folder_for_all():
    """A folder that another user may enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def as_nobody():
    """A context in which the process has no more rights than any user: root may read everything."""

    @contextmanager
    def dropped():
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            yield
        finally:
            if root:
                os.seteuid(0)

    return dropped


@pytest.fixture
def special(tmp_path):
    """Put something that is no regular file at a path: a FIFO, a socket or a folder."""
    sockets = []

    def put(kind, path):
        if kind == "fifo":
            os.mkfifo(path)
        elif kind == "folder":
            path.mkdir()
        else:
            sockets.append(socket.socket(socket.AF_UNIX))
            before = Path.cwd()
            os.chdir(path.parent)  # the name of a socket may not be longer than 107 bytes
            with suppress(FileExistsError):
                sockets[-1].bind(path.name)
            os.chdir(before)

    yield put
    for each in sockets:
        each.close()
