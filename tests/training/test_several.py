import dataclasses
import inspect
import multiprocessing
import os

import pytest
import torch

from saliencekit.errors import DataError, UsageError
from saliencekit.models import load_model
from saliencekit.training import Recipe, TrainingJob, TrainingSettings, train, train_several
from saliencekit.training.figures import TIMES
from saliencekit.training.several import _accelerators, _begin

GIVEN = ("data", "output", "recipe")  # a job has no defaults for these


@pytest.fixture
def jobs(tmp_path, squares, preprocessing):
    recipe = Recipe(backbone="saliencekit:small-cnn?width=2", loss="cross-entropy", lr=0.05, epochs=1, batch_size=8)
    return [
        TrainingJob(
            str(squares),
            str(tmp_path / f"run-{seed}"),
            recipe,
            seed=seed,
            settings=TrainingSettings(device="cpu", threads=1, maps_every=0),
            preprocessing=preprocessing,
        )
        for seed in (0, 1)
    ]


def weights(run):
    return load_model(run.path).state_dict()


def without_times(run):
    return [{name: value for name, value in epoch.items() if name not in TIMES} for epoch in run.history]


def test_processes_change_nothing(jobs, tmp_path):
    told = []
    here = train_several(jobs, on_done=told.append)
    assert told == here
    assert [run.seed for run in here] == [0, 1]
    first = [weights(run) for run in here]
    elsewhere = [dataclasses.replace(job, output=str(tmp_path / f"other-{job.seed}")) for job in jobs]
    told.clear()
    there = train_several(elsewhere, processes=2, on_done=told.append)
    assert sorted(run.seed for run in told) == [run.seed for run in there] == [0, 1]
    for state, run, run_here in zip(first, there, here, strict=True):
        assert without_times(run) == without_times(run_here)
        assert all(torch.equal(state[name], value) for name, value in weights(run).items())


@pytest.mark.parametrize("processes", [1, 2])
def test_a_failure_is_passed_on(jobs, processes):
    broken = [dataclasses.replace(job, data=job.data + ".missing") for job in jobs]
    with pytest.raises(DataError, match="missing"):
        train_several(broken, processes=processes)


def test_what_makes_no_sense_is_refused(jobs):
    with pytest.raises(UsageError, match=r"two runs would be written to .*run-0: give each"):
        train_several([jobs[0], jobs[0]])
    with pytest.raises(UsageError, match="`processes` to be at least 1, got 0"):
        train_several(jobs, processes=0)


def test_the_fields_of_a_job_are_the_arguments_of_train():
    arguments = inspect.signature(train).parameters
    assert {field.name for field in dataclasses.fields(TrainingJob)} == set(arguments)
    defaults = {field.name: field.default for field in dataclasses.fields(TrainingJob)}
    assert all(defaults[name] == each.default for name, each in arguments.items() if name not in GIVEN)


def test_resuming_skips_what_is_finished(jobs):
    train_several(jobs[:1])
    told = []
    runs = train_several([dataclasses.replace(job, resume=True) for job in jobs], on_done=told.append)
    assert [run.seed for run in runs] == [0, 1]
    assert all(run.path.exists() for run in runs)


def test_each_process_gets_an_accelerator_of_its_own(jobs, monkeypatch):
    context = multiprocessing.get_context("spawn")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    assert _accelerators(jobs, 2, context) is None  # the CPU was asked for
    free = [dataclasses.replace(job, settings=TrainingSettings()) for job in jobs]
    places = _accelerators(free, 3, context)
    seen = []
    for _ in range(3):
        _begin(places)
        seen.append(os.environ["CUDA_VISIBLE_DEVICES"])
    assert seen == ["3", "5", "3"]
