import hashlib
import json
import pickle
import warnings
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from saliencekit.errors import ModelError, UnsafeFileError
from saliencekit.models.stored import read_stored

Save = Callable[..., Path]
W = {"fc.weight": torch.ones(2, 3)}


def test_reads_plain_content_with_its_hash(saved: Save) -> None:
    file = saved({"state_dict": W, "epoch": 3, "best": [0.5, None, "x"]})
    stored = read_stored(file)
    assert stored.kind == "checkpoint"
    assert stored.content["epoch"] == 3  # type: ignore[index]
    assert stored.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert stored.metadata is None


@pytest.mark.parametrize("name", ["a.pt", "a.pth", "a.ckpt", "a.safetensors", "a.bin", "a.txt", "a"])
@pytest.mark.parametrize("form", ["zip", "legacy", "pickle"])
def test_a_canary_is_refused_under_every_name_and_does_not_run(
    name: str, form: str, tmp_path: Path, saved: Save, canary: Any
) -> None:
    if form == "pickle":
        file = tmp_path / name
        file.write_bytes(pickle.dumps({"model": canary}))
    else:
        file = saved({"model": canary}, name, _use_new_zipfile_serialization=form == "zip")
    with pytest.raises(UnsafeFileError) as caught:
        read_stored(file)
    assert form == "legacy" or "would import posix.system" in str(caught.value)
    assert not canary.mark.exists()


def test_a_canary_in_a_legacy_file_named_after_its_hash_is_refused(tmp_path: Path, saved: Save, canary: Any) -> None:
    file = saved({"model": canary}, _use_new_zipfile_serialization=False)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    named = file.rename(tmp_path / f"net-{digest[:8]}.pth")
    with pytest.raises(UnsafeFileError, match=r"would import posix.system and run it: save model.state_dict"):
        read_stored(named)
    assert not canary.mark.exists()


def test_refused_modules_list_what_they_would_import(saved: Save) -> None:
    with pytest.raises(UnsafeFileError, match=r"import torch.nn.modules.container.Sequential, torch.nn.modules.linear"):
        read_stored(saved(nn.Sequential(nn.Linear(2, 2))))
    with pytest.raises(UnsafeFileError, match=r"would import numpy.*scalar.*--trust-pickle"):
        read_stored(saved({"best": np.float64(0.5), **W}))


def test_trusted_pickles_are_loaded(saved: Save, tmp_path: Path) -> None:
    stored = read_stored(saved(nn.Linear(2, 2)), trust_pickle=True)
    assert isinstance(stored.content, nn.Linear)
    (tmp_path / "p.pkl").write_bytes(pickle.dumps(OrderedDict(a=1)))
    assert read_stored(tmp_path / "p.pkl", trust_pickle=True).content == {"a": 1}


def test_a_trusted_pickle_that_fails_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "p.pkl").write_bytes(b"\x80\x02cno_such_module\nNet\n.")
    with pytest.raises(ModelError, match=r"unpickling .*p.pkl failed with ModuleNotFoundError"):
        read_stored(tmp_path / "p.pkl", trust_pickle=True)


def test_legacy_files_are_read_if_their_name_vouches_for_them(saved: Save, tmp_path: Path) -> None:
    file = saved(W, _use_new_zipfile_serialization=False)
    with pytest.raises(UnsafeFileError, match=r"before 1.6, which has no checksum: write it anew with torch.save"):
        read_stored(file)
    assert torch.equal(read_stored(file, trust_pickle=True).content["fc.weight"], W["fc.weight"])  # type: ignore[index]
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    named = file.rename(tmp_path / f"net-{digest[:8]}.pth")
    assert read_stored(named).kind == "legacy"
    content = bytearray(named.read_bytes())
    content[-1] ^= 1
    named.write_bytes(content)
    with pytest.raises(UnsafeFileError, match="no checksum"):
        read_stored(named)


def test_torchscript_needs_trust_and_exports_are_never_read(tmp_path: Path) -> None:
    layer = nn.Linear(2, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(layer), str(tmp_path / "script.pt"))
        torch.export.save(torch.export.export(layer, (torch.zeros(1, 2),)), tmp_path / "export.pt2")
        with torch.package.PackageExporter(tmp_path / "package.pt") as exporter:
            exporter.save_pickle("model", "model.pkl", {"a": 1})
    with pytest.raises(UnsafeFileError, match="is TorchScript, which carries code"):
        read_stored(tmp_path / "script.pt")
    script = read_stored(tmp_path / "script.pt", trust_pickle=True).content
    torch.testing.assert_close(script(torch.ones(1, 2)), layer(torch.ones(1, 2)))  # type: ignore[operator]
    for trust in (False, True):
        with pytest.raises(UnsafeFileError, match=r"an export of torch.export, which carries code: save"):
            read_stored(tmp_path / "export.pt2", trust_pickle=trust)
        with pytest.raises(UnsafeFileError, match=r"an archive of torch.package, which carries code"):
            read_stored(tmp_path / "package.pt", trust_pickle=trust)


def test_safetensors_are_read_and_damage_is_said(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    file = tmp_path / "a.safetensors"
    save_file(W, file, metadata={"format": "pt"})
    stored = read_stored(file)
    assert (stored.kind, stored.metadata) == ("safetensors", None)
    assert torch.equal(stored.content["fc.weight"], W["fc.weight"])  # type: ignore[index]
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ModelError, match="is damaged or cannot be read"):
        read_stored(file)


@pytest.mark.parametrize(
    ("record", "message"), [("{", "record is no JSON"), (json.dumps({"digest": "0"}), "digest"), ("[]", "digest")]
)
def test_a_record_that_does_not_vouch_for_the_weights_is_refused(record: str, message: str, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file(W, tmp_path / "a.safetensors", metadata={"saliencekit": record})
    with pytest.raises(ModelError, match=message):
        read_stored(tmp_path / "a.safetensors")
