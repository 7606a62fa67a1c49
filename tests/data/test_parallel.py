import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import torch

from saliencekit.data.parallel import chunks, ended_at_exit, in_workers, signals_held_back, worker_loader
from saliencekit.errors import DataError, EnvironmentFault


class Squares:
    def __getitem__(self, ticket):
        return [number * number for number in ticket]


class Killed:
    def __getitem__(self, ticket):
        if ticket == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return ticket


class Slow:
    def __getitem__(self, ticket):
        time.sleep(0.01)
        return ticket


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_results_come_in_the_order_of_the_tickets(workers):
    tickets = chunks(10, 3)
    assert list(in_workers(Squares(), tickets, workers=workers)) == [[0, 1, 4], [9, 16, 25], [36, 49, 64], [81]]


def test_no_global_random_number_is_drawn():
    before = torch.get_rng_state()
    list(in_workers(Squares(), chunks(10, 3), workers=1))
    assert torch.equal(torch.get_rng_state(), before)


class Refused:
    def __getitem__(self, ticket):
        raise DataError(f"item {ticket} is no image")


@pytest.mark.parametrize("workers", [0, 1])
def test_what_the_work_raises_on_purpose_keeps_its_sentence(workers):
    with pytest.raises(DataError, match=r"^item 3 is no image$"):
        list(in_workers(Refused(), [3], workers=workers))


def test_without_tickets_no_process_is_started():
    assert list(in_workers(Killed(), [], workers=2)) == []


class Stopped(Exception):
    pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_until_the_processes_are_forked(number):
    def stop(*_):
        raise Stopped

    before = signal.signal(number, stop)
    reached = False
    try:
        with pytest.raises(Stopped), signals_held_back():
            os.kill(os.getpid(), number)
            time.sleep(0.01)
            reached = True
        assert reached
        assert signal.getsignal(number) is stop
    finally:
        signal.signal(number, before)


def test_another_thread_forks_as_it_likes():
    thread = threading.Thread(target=lambda: list(in_workers(Squares(), chunks(4, 2), workers=1)))
    thread.start()
    thread.join()


def test_a_worker_that_is_killed():
    with pytest.raises(EnvironmentFault, match="a process that reads images was killed"):
        list(in_workers(Killed(), range(8), workers=1))


@pytest.mark.parametrize(("count", "size", "lengths"), [(0, 4, []), (4, 4, [4]), (5, 4, [4, 1])])
def test_chunks_cover_every_number_once(count, size, lengths):
    cut = chunks(count, size)
    assert [len(each) for each in cut] == lengths
    assert [number for each in cut for number in each] == list(range(count))


def test_a_process_that_ends_on_the_way_does_not_wait_for_its_workers():
    # A global holds the loader and its iterator until the very end of the process.
    program = (
        "from saliencekit.data.parallel import in_workers, worker_loader, ended_at_exit\n"
        "from tests.data.test_parallel import Slow\n"
        "loader = worker_loader(Slow(), range(1000), workers=2, persistent=True)\n"
        "held = ended_at_exit(loader)\n"
        "print(next(held))\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout.strip(), ended.stderr) == (0, "0", "")


def test_a_signal_to_all_is_left_to_the_parent():
    loader = worker_loader(Slow(), range(50), workers=1)
    iterator = ended_at_exit(loader)
    next(iterator)
    for worker in iterator._workers:
        os.kill(worker.pid, signal.SIGTERM)
        os.kill(worker.pid, signal.SIGINT)
    assert list(iterator) == list(range(1, 50))
