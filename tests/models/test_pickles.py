import io
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from saliencekit.models.pickles import foreign_imports, listed


def test_names_what_every_protocol_would_import_without_running_it(tmp_path: Path, canary: Any) -> None:
    for protocol in range(6):
        file = tmp_path / f"{protocol}.pkl"
        file.write_bytes(pickle.dumps(canary, protocol=protocol))
        assert foreign_imports(file) == ("posix.system",)
    assert not canary.mark.exists()


def test_plain_weights_import_nothing_foreign(saved: Callable[..., Path]) -> None:
    content = {"state_dict": nn.Linear(2, 2).state_dict(), "half": torch.ones(2).half(), "size": torch.Size([1])}
    content["parameter"] = nn.Parameter(torch.ones(2))
    assert foreign_imports(saved(content)) == ()
    assert foreign_imports(saved(content, _use_new_zipfile_serialization=False)) == ()


def test_strangers_come_before_torch(saved: Callable[..., Path], canary: Any) -> None:
    file = saved({"model": nn.Linear(2, 2), "x": canary})
    assert foreign_imports(file) == ("posix.system", "torch.nn.modules.linear.Linear")


def test_a_cut_pickle_is_read_as_far_as_it_goes(tmp_path: Path, canary: Any) -> None:
    whole = pickle.dumps([canary, os.getpid, "the end"])
    file = tmp_path / "cut.pkl"
    file.write_bytes(whole[:-14])
    assert foreign_imports(file) == ("posix.system",)
    file.write_bytes(b"\x80\x04junk\xff\xff")
    assert foreign_imports(file) == ()


def test_an_import_by_repeated_names_is_followed(tmp_path: Path) -> None:
    stream = io.BytesIO()
    pickle.Pickler(stream, protocol=4).dump([os.getcwd, "posix", "getpid", os.getpid])
    file = tmp_path / "memo.pkl"
    file.write_bytes(stream.getvalue())
    assert foreign_imports(file) == ("posix.getcwd", "posix.getpid")


def test_long_lists_are_cut() -> None:
    assert listed(tuple("abcdefghij")) == "a, b, c, d, e, f, g, h and 2 more"
    assert listed(()) == ""
