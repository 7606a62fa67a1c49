import importlib.util
import json
import random
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from saliencekit.errors import EnvironmentFault, NumericalError
from saliencekit.models import load_model, model_info
from saliencekit.training.last_file import resume_point

SCRIPT = Path(__file__).with_name("one_run.py")
RECIPE = {"epochs": 3, "warm_epochs": 1, "schedule": "cosine", "lr": 0.05, "flip": 0.5, "noise": 0.1}
ACCUMULATE = RECIPE | {"accumulate": 2, "optimizer": "adamw", "clip": 0.5, "loss": "cyborg"}


@pytest.fixture(scope="module")
def run():
    spec = importlib.util.spec_from_file_location("one_run", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.run


@pytest.fixture(autouse=True)
def ctrl_c():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background may ignore it
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def data(tmp_path, write_squares):
    return write_squares(tmp_path / "squares", train=23, val=45)  # five batches, three of validation


def same(found, reference):
    assert found["history"] == reference["history"]
    assert (found["steps"], found["best"]) == (reference["steps"], reference["best"])
    assert all(torch.equal(found["weights"][name], value) for name, value in reference["weights"].items())


def kept(folder):
    model = load_model(folder / "model.pt")
    record = dict(model_info(model).training)
    for each in record["history"]:
        each.pop("train/images_per_second", None)
    return model.state_dict(), record


def interrupted(run, data, folder, recipe, stop, **settings):
    code = {"SIGTERM": SystemExit, "SIGINT": KeyboardInterrupt}[stop[0]]
    with pytest.raises(code) as stopped:
        run(data, folder, recipe, settings, stop=stop)
    return getattr(stopped.value, "code", 130)


def test_a_run_interrupted_anywhere_ends_as_one_that_was_not(tmp_path, data, run):
    """Whatever the moment: within an epoch, between accumulated batches, in validation, behind an epoch."""
    draw = random.Random(0)
    moments = [("train", 1), ("train", 5), ("train", 15), ("val", 1), ("val", 3), ("epoch", 1), ("epoch", 3)]
    moments += [("train", draw.randint(2, 14)) for _ in range(4)]
    for name, recipe in (("plain", RECIPE), ("accumulated", ACCUMULATE)):
        reference = run(data, tmp_path / name, recipe)
        best, record = kept(tmp_path / name)
        for number, moment in enumerate(moments):
            folder = tmp_path / f"{name}-{number}"
            stop = (draw.choice(["SIGTERM", "SIGINT"]), *moment)
            code = interrupted(run, data, folder, recipe, stop, checkpoint_every=draw.choice([0, 1, 3]))
            assert code == {"SIGTERM": 143, "SIGINT": 130}[stop[0]]
            same(run(data, folder, recipe, resume=True), reference)
            weights, again = kept(folder)
            assert again == record
            assert all(torch.equal(weights[each], value) for each, value in best.items())


@pytest.mark.parametrize(("where", "count"), [("train", 8), ("val", 5)])
def test_a_run_that_was_killed_goes_on_from_its_last_checkpoint(tmp_path, data, run, where, count):
    reference = run(data, tmp_path / "whole", RECIPE)
    words = {"data": str(data), "folder": str(tmp_path / "killed"), "recipe": RECIPE}
    words |= {"settings": {"checkpoint_every": 2}, "stop": ["SIGKILL", where, count]}
    done = subprocess.run([sys.executable, SCRIPT, json.dumps(words)], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert resume_point(tmp_path / "killed") is not None
    same(run(data, tmp_path / "killed", RECIPE, resume=True), reference)


def test_interrupted_twice_and_with_another_number_of_steps_between_checkpoints(tmp_path, data, run):
    reference = run(data, tmp_path / "whole", RECIPE)
    interrupted(run, data, tmp_path / "run", RECIPE, ("SIGTERM", "train", 4), checkpoint_every=3)
    with pytest.raises(SystemExit):
        run(data, tmp_path / "run", RECIPE, {"checkpoint_every": 1}, stop=("SIGTERM", "train", 4), resume=True)
    same(run(data, tmp_path / "run", RECIPE, resume=True), reference)


def test_a_run_that_was_killed_at_its_very_end_is_only_concluded(tmp_path, data, run):
    reference = run(data, tmp_path / "run", RECIPE)
    (tmp_path / "run" / "model.pt").unlink()
    same(run(data, tmp_path / "run", RECIPE, resume=True), reference)
    assert kept(tmp_path / "run")[1]["finished"] is True


def test_epochs_without_validation(tmp_path, data, run):
    recipe = RECIPE | {"epochs": 4}
    reference = run(data, tmp_path / "whole", recipe, {"val_every": 2})
    assert ["val/accuracy" in each for each in reference["history"]] == [False, True, False, True]
    interrupted(run, data, tmp_path / "run", recipe, ("SIGTERM", "train", 5), val_every=2)
    same(run(data, tmp_path / "run", recipe, {"val_every": 2}, resume=True), reference)


def test_the_same_batches_over_and_over_are_resumed_too(tmp_path, data, run):
    settings = {"overfit_batches": 2}
    reference = run(data, tmp_path / "whole", RECIPE, settings)
    interrupted(run, data, tmp_path / "run", RECIPE, ("SIGTERM", "train", 3), **settings)
    same(run(data, tmp_path / "run", RECIPE, settings, resume=True), reference)


def test_handlers_are_given_back(tmp_path, data, run):
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    run(data, tmp_path / "a", RECIPE | {"epochs": 2})
    interrupted(run, data, tmp_path / "b", RECIPE, ("SIGTERM", "train", 2))
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before


def test_a_loss_that_is_not_finite_leaves_the_last_good_checkpoint(tmp_path, data, run, monkeypatch):
    from saliencekit.losses import DroidLoss

    steps, terms = [], DroidLoss.terms

    def poisoned(self, *tensors):
        steps.append(1)
        return {name: term * (float("nan") if len(steps) == 4 else 1.0) for name, term in terms(self, *tensors).items()}

    monkeypatch.setattr(DroidLoss, "terms", poisoned)
    with pytest.raises(NumericalError, match=r"epoch 1, step 3 \(cross_entropy nan, log_entropy nan\), on the images "):
        run(data, tmp_path / "run", RECIPE, {"checkpoint_every": 1})
    monkeypatch.undo()
    content = torch.load(tmp_path / "run" / "last.ckpt", weights_only=True)
    assert content["global_step"] == 8
    assert all(value.isfinite().all() for value in content["state_dict"].values())
    assert model_info(load_model(tmp_path / "run" / "model.pt")).training["best_epoch"] == 0
    same(run(data, tmp_path / "run", RECIPE, resume=True), run(data, tmp_path / "whole", RECIPE))


def test_weights_that_are_not_finite_are_not_saved(tmp_path, data, run, monkeypatch):
    from saliencekit.training.module import DetectorModule

    step = DetectorModule.optimizer_step

    def broken(self, epoch, batch_idx, *rest):
        step(self, epoch, batch_idx, *rest)
        if (epoch, batch_idx) == (1, 2):
            self.model.head.weight.data[0, 0] = float("inf")

    monkeypatch.setattr(DetectorModule, "optimizer_step", broken)
    with pytest.raises(NumericalError, match=r"the weight head.weight is not finite after epoch 1, step 8"):
        run(data, tmp_path, RECIPE, {"checkpoint_every": 1})
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["global_step"] == 7


def test_a_checkpoint_runs_nothing_and_loads_with_weights_only(tmp_path, data, run):
    run(data, tmp_path, RECIPE | {"epochs": 2})
    content = torch.load(tmp_path / "last.ckpt", weights_only=True)
    assert {"state_dict", "optimizer_states", "lr_schedulers", "loops", "callbacks", "saliencekit"} <= set(content)


def test_a_disk_that_may_not_be_written_stops_the_run(tmp_path, data, run, monkeypatch):
    def full(*_):
        raise RuntimeError("[enforce fail at inline_container.cc:603] . PytorchStreamWriter failed writing file")

    run(data, tmp_path / "run", RECIPE | {"epochs": 2})
    before = (tmp_path / "run" / "last.ckpt").read_bytes()
    monkeypatch.setattr("saliencekit.training.last_file.torch", SimpleNamespace(save=full))
    with pytest.raises(EnvironmentFault, match=r"perhaps for lack of space: .* what was there is untouched"):
        run(data, tmp_path / "run", RECIPE | {"epochs": 2})
    assert (tmp_path / "run" / "last.ckpt").read_bytes() == before
