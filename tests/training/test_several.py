import dataclasses

import pytest
import torch

from saliencekit.errors import DataError, UsageError
from saliencekit.models import load_model
from saliencekit.training import Recipe, TrainingJob, train_several


@pytest.fixture
def jobs(tmp_path, squares, preprocessing):
    recipe = Recipe(loss="cross-entropy", lr=0.05, epochs=1, batch_size=8)
    return [
        TrainingJob(
            str(squares),
            str(tmp_path / f"run-{seed}"),
            recipe,
            arch="saliencekit:small-cnn?width=2",
            preprocessing=preprocessing,
            seed=seed,
            device="cpu",
            threads=1,
        )
        for seed in (0, 1)
    ]


def weights(run):
    return load_model(run.path).state_dict()


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
        assert run.history == run_here.history
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
