import logging
import signal

import pytest
import torch
from lightning.pytorch.utilities.exceptions import SIGTERMException

from saliencekit.training.quiet import quiet_lightning


def test_log_levels_signals_and_random_state_come_back():
    logger = logging.getLogger("lightning.pytorch")
    level, handler, state = logger.level, signal.getsignal(signal.SIGINT), torch.get_rng_state()
    with pytest.raises(KeyError), quiet_lightning():
        assert logger.level == logging.ERROR
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        torch.manual_seed(12345)
        raise KeyError
    assert logger.level == level
    assert signal.getsignal(signal.SIGINT) is handler
    assert torch.equal(torch.get_rng_state(), state)


def test_an_interrupt_is_an_interrupt_again():
    def as_lightning_does():
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise SystemExit(1)  # noqa: B904

    with pytest.raises(KeyboardInterrupt), quiet_lightning():
        as_lightning_does()
    with pytest.raises(SystemExit, match="3"), quiet_lightning():
        raise SystemExit(3)


def test_a_term_signal_has_its_exit_code():
    with pytest.raises(SystemExit, match="143"), quiet_lightning():
        raise SIGTERMException
