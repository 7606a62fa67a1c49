"""What goes wrong in the middle of an audit: each case is said, counted, or gone on from."""

import errno
import json
import math
import os
import shutil

import pytest
import torch
from torch import nn

from saliencekit import DataError, EnvironmentFault, ModelError, Preprocessing
from saliencekit.auditing import AuditSettings, parts, run_audit
from saliencekit.auditing.crew import Crew
from saliencekit.auditing.recording import Recorder
from saliencekit.data import dataset
from saliencekit.extractors import Extractor, GradCAM
from saliencekit.files import held_alone
from saliencekit.functional.random import Draw
from saliencekit.measures.look import look_clean

GREY = Preprocessing(size=(24, 24), channels=1, mean=(0.0,), std=(1.0,))


class Plain(nn.Module):
    """A small network that a test may spoil."""

    def __init__(self):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.features = nn.Sequential(nn.Conv2d(1, 4, 3, 2, 1), nn.ReLU())
            self.fc = nn.Linear(4, 2)

    def forward(self, images):
        return self.fc(self.features(images).mean((2, 3)))


def audited(model, data, output, *, resume=False, **settings):
    chosen = AuditSettings(**{"measures": "entropy", "workers": 0, "gallery": 1, **settings})
    return run_audit(model, data, settings=chosen, output=output, preprocessing=GREY, resume=resume)


@pytest.fixture
def data(folder, tmp_path):
    """Files of one's own, twelve of them."""
    return shutil.copytree(folder, tmp_path / "data")


# Maps


SPOILT = {0: "zero", 1: "constant", 2: "non-finite", 3: "one-pixel", 4: "zero", 5: "non-finite", 6: "zero"}


def spoiled(number, salience):
    kind = SPOILT.get(number)
    if kind == "non-finite":
        return torch.full_like(salience, math.nan)
    if kind is None:
        return salience
    found = torch.full_like(salience, 2.5 if kind == "constant" else 0.0)
    if kind == "one-pixel":
        found[3, 4] = 1.0
    return found


def test_maps_that_say_nothing_are_counted_by_their_names(tmp_path, monkeypatch):
    images = torch.rand(12, 1, 24, 24, generator=torch.Generator().manual_seed(0)) / 100
    images[:, 0, 0, 0] = torch.arange(12.0)  # tells the extractor which image it has
    call = Extractor.__call__

    def spoiling(self, given, target="predicted", labels=None):
        maps = call(self, given, target, labels)
        return torch.stack([spoiled(int(each[0, 0, 0]), one) for each, one in zip(given, maps, strict=True)])

    monkeypatch.setattr(Extractor, "__call__", spoiling)
    result = audited(Plain(), images, tmp_path / "audit")
    expected = {"zero": 3, "constant": 1, "non-finite": 2, "one-pixel": 1}
    assert result.summary["measures"]["entropy"]["degenerate_kinds"] == expected
    assert result.summary["data"]["degenerate_kinds"] == expected
    assert result.summary["data"]["degenerate"] == result.summary["measures"]["entropy"]["degenerate"] == 6
    records = result.records["entropy"].set_index("index")
    assert records["degenerate_kind"].dropna().to_dict() == SPOILT
    assert records["entropy"][3] == 0
    text = (result.folder / "summary.json").read_text()
    assert "NaN" not in text
    assert json.loads(text)["measures"]["entropy"]["value"] > 0


# Networks


class OfItsOwn(Exception):
    """A class that only its network knows."""


class Picky(Plain):
    """Refuses bright images; the dry run may not meet one."""

    def forward(self, images):
        if float(images.max()) > 50:
            raise OfItsOwn("too bright for me\nand a page more")
        return super().forward(images)


def test_a_network_that_fails_in_the_long_run(tmp_path):
    """Of forty images, the dry run sees 32; whichever it is, the sentence is the same."""
    images = torch.rand(40, 1, 24, 24)
    images[7] += 100
    sentence = r"^the network failed on images of \(C, H, W\) = \(1, 24, 24\): OfItsOwn: too bright for me$"
    with pytest.raises(ModelError, match=sentence):
        audited(Picky(), images, tmp_path / "audit")
    assert not (tmp_path / "audit" / "summary.json").exists()


class Probable(Plain):
    def forward(self, images):
        return super().forward(images).softmax(1)


def test_probabilities_in_place_of_logits(folder, tmp_path):
    with pytest.raises(ModelError, match="the network gives probabilities, which add up to 1, where logits are exp"):
        audited(Probable(), folder, tmp_path / "audit")


class Writing(Plain):
    def forward(self, images):
        images.mul_(0.5)
        return super().forward(images)


def test_a_network_that_writes_into_its_input_spoils_nobody_elses():
    images = torch.rand(3, 1, 24, 24, generator=torch.Generator().manual_seed(0))
    before = images.clone()
    clean = look_clean([GradCAM(Writing()), GradCAM(Writing())], images, draw=Draw.of(0, list("abc"), "test"))
    assert torch.equal(images, before)
    assert torch.equal(clean.runs[0], clean.runs[1])


# Memory


class Narrow(Plain):
    """Takes three images at a time, and says so as the CPU or the GPU does."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def forward(self, images):
        if len(images) > 3:
            raise self.error
        return super().forward(images)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("no memory"), RuntimeError("can't allocate memory: 9 GB")])
def test_every_step_halves_a_batch_that_is_too_large(folder, tmp_path, error):
    """The dry run, the loop, the null value and the gallery."""
    whole = audited(Plain(), folder, tmp_path / "whole").summary["measures"]["entropy"]
    halved = audited(Narrow(error), folder, tmp_path / "halved", batch_size=12).summary["measures"]["entropy"]
    assert (halved["value"], halved["null"]) == pytest.approx((whole["value"], whole["null"]), abs=1e-5)


class Full(Plain):
    def forward(self, images):
        raise torch.OutOfMemoryError("no memory")


def test_no_memory_for_one_image_is_the_environments_fault(folder, tmp_path):
    with pytest.raises(EnvironmentFault, match=r"no memory for a single image \(no memory\)"):
        audited(Full(), folder, tmp_path / "audit")


# Files


@pytest.mark.parametrize("change", ["removed", "replaced"])
def test_files_that_change_meanwhile_are_named(data, tmp_path, monkeypatch, change):
    add = Recorder.add
    victim = data / "real" / "5.png"  # the last one, still to be read

    def changing(self, index, found):
        if victim.exists() and change == "removed":
            victim.unlink()
        elif victim.exists():
            shutil.copy(data / "fake" / "0.png", victim)
            os.utime(victim, ns=(1, 1))
        add(self, index, found)

    monkeypatch.setattr(Recorder, "add", changing)
    result = audited(Plain(), data, tmp_path / "audit", batch_size=4)
    found = result.summary["data"]
    assert found["changed"] == ["real/5.png"]
    assert not result.summary["complete"]
    assert found["scored"] + len(found["skipped"]) == found["listed"] == 12
    assert [each["image"] for each in found["skipped"]] == ([] if change == "replaced" else ["real/5.png"])


def test_files_that_are_gone_by_the_end_are_not_in_the_gallery(data, tmp_path, monkeypatch):
    write = parts.Parts.write

    def removing(self, *given):
        for path in data.rglob("[0-3].png"):
            path.unlink()
        write(self, *given)

    monkeypatch.setattr(parts.Parts, "write", removing)
    result = audited(Plain(), data, tmp_path / "audit", gallery=4)
    assert {each["image"][-5] for each in result.gallery} == {"4", "5"}
    assert len(result.summary["data"]["changed"]) == 8


def test_a_file_that_crashes_its_decoder_ends_in_a_sentence(data, tmp_path, monkeypatch):
    decode = dataset.decode

    def crashing(path, preprocessing):
        if str(path).endswith("fake/3.png") and os.getpid() != parent:
            os._exit(9)
        return decode(path, preprocessing)

    parent = os.getpid()
    monkeypatch.setattr(dataset, "decode", crashing)
    with pytest.raises(EnvironmentFault, match="a process that reads images was killed"):
        audited(Plain(), data, tmp_path / "audit", workers=1)


@pytest.fixture
def disk(monkeypatch):
    """Counts what gets its name, and is full from a certain one on."""

    class Disk:
        writes, room = 0, None

    def replaced(source, target):
        if Disk.room is not None and Disk.writes >= Disk.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        Disk.writes += 1
        replace(source, target)

    replace = os.replace
    monkeypatch.setattr(os, "replace", replaced)
    return Disk


@pytest.mark.parametrize("share", [0, 0.2, 0.4, 0.6, 0.8, 0.99])
def test_a_disk_that_is_full_at_any_write(folder, tmp_path, disk, share):
    """Nothing that looks whole is left, and with room again the audit goes on."""
    audited(Plain(), folder, tmp_path / "whole")
    disk.room, disk.writes = int(share * disk.writes), 0
    with pytest.raises(
        EnvironmentFault, match=r"^(?!.*cannot write.*cannot write)cannot write .*No space left on device$"
    ):
        audited(Plain(), folder, tmp_path / "audit")
    assert not (tmp_path / "audit" / "summary.json").exists()
    disk.room = None
    again = audited(Plain(), folder, tmp_path / "audit", resume=True)
    assert again.summary["data"]["scored"] == 12
    assert not [path for path in again.folder.rglob("*") if path.name.endswith(".tmp")]


def test_a_folder_is_not_shared(folder, tmp_path):
    with held_alone(tmp_path / "audit"), pytest.raises(EnvironmentFault, match="is in use by another process"):
        audited(Plain(), folder, tmp_path / "audit")


# Processes


class Broken:
    """A connection whose other end is gone."""

    def barrier(self):
        raise RuntimeError("Connection closed by peer\n[127.0.0.1]")

    def broadcast(self, word, src):
        raise RuntimeError("Connection closed by peer")


def test_a_process_that_ended_is_told_of_by_the_others():
    alone = Crew(0, 2, torch.device("cpu"), Broken())
    for meet in (alone.wait, lambda: alone.agree("word")):
        with pytest.raises(EnvironmentFault, match="another process of this audit ended or hangs before its images"):
            meet()


def test_without_others_there_is_nobody_to_wait_for():
    alone = Crew(0, 1, torch.device("cpu"))
    alone.wait()
    assert alone.agree("word") == "word"
    assert alone.leads


def test_nothing_readable_is_one_sentence(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"none of the 1 images of .* could be read; the first: a\.png: "):
        audited(Plain(), tmp_path / "data", tmp_path / "audit")
