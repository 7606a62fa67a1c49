"""Two processes over gloo on this machine: the words between them, and whole runs against one process."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from saliencekit.errors import UsageError
from saliencekit.training.distributed import agreed, is_first_process, layout, of_all, of_batch, summed, together

SCRIPT, PARTS = (Path(__file__).with_name(name) for name in ("one_run.py", "shared_parts.py"))
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


def loaded(script):
    spec = importlib.util.spec_from_file_location(script.stem, script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def processes():
    """The environment of processes that know nothing of others."""
    ours = ("MASTER_ADDR", "MASTER_PORT", "NODE_RANK", "LOCAL_RANK", "WORLD_SIZE")
    return {name: value for name, value in os.environ.items() if name not in ours} | {"OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """What each of two processes found."""
    folder = tmp_path_factory.mktemp("parts")
    started = [subprocess.Popen([sys.executable, PARTS, str(rank), folder], env=processes()) for rank in range(2)]
    assert [each.wait(timeout=120) for each in started] == [0, 0]
    return [torch.load(folder / f"{rank}.pt", weights_only=False) for rank in range(2)]


def test_rows_of_all_and_gradients_of_ones_own(both):
    images = torch.arange(10.0).view(5, 2)
    for rank, found in enumerate(each["parts"] for each in both):
        assert (found["together"], found["rank"]) == (True, rank)
        assert torch.equal(found["whole"], torch.cat([images[0::2], images[1::2]]))
        assert torch.equal(found["gradient"], 4 * images[rank::2])
        assert found["bools"].tolist() == [True, False, True]


def test_a_stand_in_is_part_of_the_graph_but_not_of_the_batch(both):
    for rank, found in enumerate(each["parts"] for each in both):
        assert found["single"].tolist() == [[0.0, 1.0]]
        assert found["stand_in_gradient"].tolist() == [[1.0 - rank, 1.0 - rank]]


def test_numbers_that_all_must_know(both):
    for found in (each["parts"] for each in both):
        assert found["agreed"] == 15
        assert found["summed"].tolist() == [2.0, 1.0]
        assert found["all"].tolist() == [[0.0], [1.0], [1.0]]
        assert found["shares_without_order"] == (3, 4)


def test_batch_norms_see_the_whole_batch(both):
    """Against torch's own layers on the batch as one process has it."""
    images = torch.randn(5, 1, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    parts = loaded(PARTS)
    model = parts.network()
    output = model(torch.cat([images[0::2], images[1::2]]))
    parts.loss_of(output).backward()
    for found in (each["norms"] for each in both):
        torch.testing.assert_close(found["output"], output, rtol=1e-10, atol=1e-12)
        for gradient, parameter in zip(found["gradients"], model.parameters(), strict=True):
            torch.testing.assert_close(gradient, parameter.grad, rtol=1e-9, atol=1e-10)
        for name, buffer in model.named_buffers():
            torch.testing.assert_close(found["buffers"][name], buffer, rtol=1e-10, atol=1e-12)
        assert found["types"] == ["Conv2d", "BatchNorm2d", "ReLU", "Flatten", "Linear", "BatchNorm1d"]


@pytest.fixture(scope="module")
def one_run():
    return loaded(SCRIPT).run


@pytest.fixture
def data(tmp_path, write_squares):
    return write_squares(tmp_path / "squares", train=23, val=41)


def words(data, folder, recipe, *, launcher, **more):
    found = {"data": str(data), "folder": str(folder), "recipe": recipe, "report": f"{folder}.pt"}
    return found | {"settings": {"devices": 1 if launcher else 2} | more.pop("settings", {})} | more


def launched(data, folder, recipe, *, launcher=(), **more):
    given = words(data, folder, recipe, launcher=launcher, **more)
    command = [*(launcher or [sys.executable]), str(SCRIPT), json.dumps(given)]
    done = subprocess.run(command, capture_output=True, text=True, env=processes(), timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    return torch.load(f"{folder}.pt", weights_only=True)


def differences(found, reference):
    assert (found["steps"], found["best"]) == (reference["steps"], reference["best"])
    assert [each.keys() for each in found["history"]] == [each.keys() for each in reference["history"]]
    weights = [(value - reference["weights"][name]).abs().max() for name, value in found["weights"].items()]
    figures = [
        abs(mine[name] - theirs[name])
        for mine, theirs in zip(found["history"], reference["history"], strict=True)
        for name in mine
    ]
    return float(max(weights)), max(figures)


# The batch of 11 leaves one image for the last step: one process has nothing but a stand-in.
@pytest.mark.parametrize(
    ("launcher", "recipe", "near"),
    [
        ((), {"loss": "hseb", "flip": 0.5}, 1e-5),  # the mean entropy of people's maps is taken in single precision
        (TORCHRUN, {"loss": "cyborg", "alpha": "adaptive", "accumulate": 2, "clip": 0.1}, 1e-9),
    ],
    ids=["own launcher", "torchrun"],
)
def test_two_processes_are_one_in_double(tmp_path, data, one_run, launcher, recipe, near):
    recipe = {"batch_size": 11, "epochs": 3, "lr": 0.05} | recipe
    reference = one_run(data, tmp_path / "one", recipe, double=True)
    found = launched(data, tmp_path / "two", recipe, launcher=launcher, double=True)
    weights, figures = differences(found, reference)
    assert weights < near
    assert figures < max(near, 1e-7)  # figures are added up in single precision
    assert sorted(each.name for each in (tmp_path / "two").iterdir()) == ["last.ckpt", "model.pt"]


def test_two_processes_are_one_in_single_precision(tmp_path, data, one_run):
    recipe = {"loss": "cyborg-droid", "batch_size": 8, "epochs": 2, "lr": 0.01}
    weights, figures = differences(launched(data, tmp_path / "two", recipe), one_run(data, tmp_path / "one", recipe))
    assert weights < 1e-4
    assert figures < 1e-4


def test_a_signal_to_one_process_stops_both_and_one_process_goes_on(tmp_path, data, one_run):
    recipe = {"loss": "hseb", "epochs": 400, "lr": 0.01}
    given = words(data, tmp_path / "run", recipe, launcher=(), double=True)
    process = subprocess.Popen([sys.executable, SCRIPT, json.dumps(given)], env=processes(), stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 100
        while not (tmp_path / "run" / "last.ckpt").exists() and time.monotonic() < until:
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 143
    finally:
        process.kill()
    epoch = torch.load(tmp_path / "run" / "last.ckpt", weights_only=True)["epoch"]
    found = one_run(data, tmp_path / "run", {**recipe}, {"limit_train": 5}, double=True, resume=True, until=epoch + 2)
    assert [each["epoch"] for each in found["history"]] == list(range(epoch + 2))


@pytest.mark.parametrize(
    ("environment", "first"),
    [
        ({}, True),
        ({"RANK": "0", "LOCAL_RANK": "0"}, True),
        ({"RANK": "2", "LOCAL_RANK": "0"}, False),
        ({"LOCAL_RANK": "1"}, False),
        ({"LOCAL_RANK": "0", "NODE_RANK": "0"}, True),
        ({"LOCAL_RANK": "0", "NODE_RANK": "1"}, False),
        ({"SLURM_PROCID": "3"}, False),
    ],
)
def test_who_writes(environment, first):
    assert is_first_process(environment) is first


def test_the_layout_under_torchrun():
    started = {"TORCHELASTIC_RUN_ID": "a", "LOCAL_WORLD_SIZE": "2", "WORLD_SIZE": "6"}
    assert layout(1, 1, started) == layout(2, 3, started) == (2, 3)
    assert layout(4, 2, {}) == (4, 2)
    with pytest.raises(UsageError, match="torchrun has started 2 processes on 3 machines, but devices=4"):
        layout(4, 1, started)


def test_alone_nothing_is_asked_for():
    tensor = torch.ones(3, 2)
    assert not together()
    assert of_batch(tensor, (3,)) is tensor
    assert of_all(tensor) is tensor
    assert summed(tensor) is tensor
    assert agreed(15, torch.device("cpu")) == 15
