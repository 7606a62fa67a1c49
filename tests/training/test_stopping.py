import signal
import threading

import pytest

from saliencekit.training.stopping import StopSignals


@pytest.fixture(autouse=True)
def handlers():
    """Ctrl-C as at a terminal; a job in the background may ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler), signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGINT, before[0])
    signal.signal(signal.SIGTERM, before[1])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_noted_and_handlers_are_given_back(number):
    before = signal.getsignal(number)
    signals = StopSignals()
    signals.install()
    assert signals.received == 0
    signal.raise_signal(number)
    assert signals.received == number
    signals.restore()
    signals.restore()
    assert signal.getsignal(number) == before


def test_a_second_ctrl_c_is_not_waited_for():
    signals = StopSignals()
    signals.install()
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    signals.restore()


def test_a_second_term_signal_changes_nothing():
    signals = StopSignals()
    signals.install()
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)  # a scheduler tells the group, then each process
    signals.restore()
    assert signals.received == signal.SIGTERM


def test_an_ignored_ctrl_c_stays_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signals = StopSignals()
    signals.install()
    signal.raise_signal(signal.SIGINT)
    assert signals.received == 0
    signals.restore()


def test_nothing_is_installed_in_another_thread():
    before = signal.getsignal(signal.SIGTERM)
    signals = StopSignals()
    thread = threading.Thread(target=signals.install)
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGTERM) == before
