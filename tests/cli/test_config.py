"""Files that say what no flag says: which of them cannot be read, and whose fault that is."""

from pathlib import Path

import pytest

from saliencekit.cli._config import _check_types, _read, _with_paths
from saliencekit.errors import EnvironmentFault, UsageError


def test_a_file_that_may_not_be_read_is_no_mistake_of_the_words(tmp_path, monkeypatch):
    (tmp_path / "run.toml").write_text("lr = 1")

    def denied(path):
        raise PermissionError(13, "Permission denied")

    assert _read(tmp_path / "run.toml") == {"lr": 1}
    monkeypatch.setattr(Path, "read_bytes", denied)  # root may read everything
    with pytest.raises(EnvironmentFault, match=r"^cannot read .*run\.toml: Permission denied$"):
        _read(tmp_path / "run.toml")


def test_paths_are_relative_to_the_file_that_names_them():
    values = {"data": "faces/m.csv", "human_maps": "../maps", "weights": "/w.pt", "loss": "droid", "output": "run"}
    assert _with_paths(values, Path("/base/dir")) == {
        **{"data": "/base/dir/faces/m.csv", "human_maps": "/base/maps", "weights": "/w.pt"},
        **{"loss": "droid", "output": "/base/dir/run"},
    }


def test_a_table_is_no_value():
    with pytest.raises(UsageError, match=r"^key `recipe` of run\.toml must be a value, and is a table$"):
        _check_types({"recipe": {"lr": 1}}, "run.toml", ())
