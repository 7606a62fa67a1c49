"""SIGTERM and Ctrl-C as a wish to stop, which a run fulfils where its state is whole."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

STOPPING = (signal.SIGTERM, signal.SIGINT)


class StopSignals:
    """Notes the signals that ask for an end; a second Ctrl-C is not waited for.

    The handlers that were there before are given back by :meth:`restore`. Nothing is installed in another thread
    than the main one, where Python allows no handlers.

    >>> signals = StopSignals()
    >>> signals.install()
    >>> signal.raise_signal(signal.SIGTERM)
    >>> signals.restore()
    >>> signals.received == signal.SIGTERM
    True
    """

    def __init__(self) -> None:
        self.received = 0
        self._before: dict[signal.Signals, Any] = {}

    def install(self) -> None:
        """Take the signals over, with none received so far."""
        self.received = 0
        if self._before or threading.current_thread() is not threading.main_thread():
            return
        for number in STOPPING:
            if signal.getsignal(number) is not signal.SIG_IGN:  # a job in the background ignores Ctrl-C
                self._before[number] = signal.signal(number, self._note)

    def restore(self) -> None:
        """Give back the handlers that were there before; more than once does no harm."""
        before, self._before = self._before, {}
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        if number == signal.SIGINT and self.received == signal.SIGINT:
            raise KeyboardInterrupt
        self.received = number
