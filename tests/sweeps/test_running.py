import multiprocessing
import os
import time

import pytest

from saliencekit.sweeps import running
from saliencekit.sweeps.running import KILLED, run_jobs
from saliencekit.training.settings import TrainingSettings

FAKE = '''
import os, signal, sys, time
from dataclasses import dataclass
from pathlib import Path

from saliencekit.errors import NumericalError
from saliencekit.training.settings import TrainingSettings


@dataclass(frozen=True)
class FakeJob:
    """What a job does, in place of a training."""

    folder: Path
    act: str = "write"
    settings: TrainingSettings = TrainingSettings(device="cpu")

    def run(self):
        if self.act == "fail":
            raise NumericalError("the loss is not finite\\nin epoch 3")
        if self.act == "memory":
            raise RuntimeError("CUDA out of memory")
        if self.act == "bug":
            raise TypeError("a mistake of ours")
        if self.act == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.act == "ended":
            raise SystemExit(143)
        if self.act == "long":
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
            (self.folder.parent / "begun").touch()
            try:
                time.sleep(60)
            finally:
                self.folder.mkdir()
                (self.folder / "checkpoint").touch()
        if self.act == "after":
            while not (self.folder.parent / "begun").exists():
                time.sleep(0.02)
        self.folder.mkdir(exist_ok=True)
        (self.folder / "out").write_text(f"{os.getpid()} {os.environ.get('CUDA_VISIBLE_DEVICES')}")
'''


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Make a job of each act, importable by other processes."""
    (tmp_path / "fake_jobs_of_sweeps.py").write_text(FAKE)
    monkeypatch.syspath_prepend(str(tmp_path))
    from fake_jobs_of_sweeps import FakeJob

    return lambda *acts, **kwargs: [FakeJob(tmp_path / f"{n}-{act}", act, **kwargs) for n, act in enumerate(acts)]


def out_of(job):
    return (job.folder / "out").read_text().split()


@pytest.mark.parametrize("processes", [1, 2])
def test_a_failing_run_takes_no_other_with_it(fake, processes):
    jobs, told = fake("write", "fail", "memory", "write"), []
    failures = run_jobs(jobs, processes=processes, on_done=lambda job, reason: told.append((job, reason)))
    assert failures == {
        jobs[1]: "the loss is not finite in epoch 3",
        jobs[2]: "RuntimeError: CUDA out of memory",
    }
    assert sorted(told, key=lambda each: jobs.index(each[0])) == [(job, failures.get(job)) for job in jobs]
    assert {int(out_of(jobs[n])[0]) == os.getpid() for n in (0, 3)} == {processes == 1}


def test_a_killed_process_takes_only_its_own_run_with_it(fake):
    jobs = fake("kill", "write", "ended", "kill", "write", "write")
    failures = run_jobs(jobs, processes=2, on_done=lambda job, reason: None)
    assert failures == {
        jobs[0]: KILLED,
        jobs[2]: "its process was told to end (exit code 143)",
        jobs[3]: KILLED,
    }
    assert all(len(out_of(jobs[n])) == 2 for n in (1, 4, 5))


@pytest.mark.parametrize("processes", [1, 2])
def test_a_bug_is_not_hidden(fake, processes):
    with pytest.raises(TypeError, match="a mistake of ours"):
        run_jobs(fake("bug", "write"), processes=processes, on_done=lambda job, reason: None)
    assert multiprocessing.active_children() == []


def test_an_interrupt_waits_for_checkpoints(fake):
    jobs = fake("long", "after", "write")

    def interrupted(job, reason):
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_jobs(jobs, processes=2, on_done=interrupted)
    assert time.monotonic() - started < 45
    assert (jobs[0].folder / "checkpoint").exists()
    assert not jobs[2].folder.exists()  # nothing new was begun
    assert multiprocessing.active_children() == []


def test_each_process_has_an_accelerator_of_its_own(fake, monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,7")
    jobs = fake("write", "write", "write", "write", settings=TrainingSettings())
    run_jobs(jobs, processes=2, on_done=lambda job, reason: None)
    by_process = {tuple(out_of(job)) for job in jobs}
    assert sorted(device for _, device in by_process) in (["5", "7"], ["5"], ["7"])  # one may have done all
    assert len({pid for pid, _ in by_process}) == len(by_process)


@pytest.mark.parametrize(
    ("settings", "count", "names"),
    [
        ({}, 2, ["0", "1"]),
        ({}, 1, []),
        ({}, 0, []),
        ({"device": "cpu"}, 2, []),
        ({"device": "cuda"}, 3, ["0", "1", "2"]),
    ],
)
def test_accelerators_are_shared_out_where_there_are_several(fake, monkeypatch, settings, count, names):
    monkeypatch.setattr("torch.cuda.device_count", lambda: count)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert running._accelerators(fake("write", settings=TrainingSettings(**settings))) == names
