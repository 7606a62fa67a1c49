"""Lightning without its remarks, and nothing of it left behind."""

from __future__ import annotations

import logging
import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_LOGGERS = ("lightning.pytorch", "lightning.fabric")
_REMARKS = (
    ".*does not have many workers.*",
    ".*The number of training batches.*",
    ".*GPU available but not used.*",
    ".*isinstance.treespec, LeafSpec.*",
    ".*You requested to overfit.*",  # the order is fixed already
)


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Hold back Lightning's log lines and remarks; give back log levels, signal handlers and RNG state.

    A Ctrl-C that Lightning turned into ``SystemExit`` and an ignored signal becomes ``KeyboardInterrupt``
    again; after SIGTERM, at which Lightning stops at the next step, the exit code is 143.
    """
    from lightning.pytorch.utilities.exceptions import SIGTERMException

    levels = {name: logging.getLogger(name).level for name in _LOGGERS}
    main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT)
    accelerators = range(torch.cuda.device_count())
    with warnings.catch_warnings(), torch.random.fork_rng(devices=accelerators):
        for remark in _REMARKS:
            warnings.filterwarnings("ignore", message=remark)
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.ERROR)
        try:
            yield
        except SIGTERMException:
            raise SystemExit(143) from None
        except SystemExit as error:
            if isinstance(error.__context__, KeyboardInterrupt):
                raise KeyboardInterrupt from None
            raise
        finally:
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)
            if main and handler is not None:
                signal.signal(signal.SIGINT, handler)
