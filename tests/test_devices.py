import pytest
import torch

from saliencekit.devices import chosen_device, decoding_processes
from saliencekit.errors import EnvironmentFault, UsageError


def test_auto_is_where_the_network_is():
    assert chosen_device("auto", here=torch.device("cpu")) == torch.device("cpu")


def test_words_that_will_not_do():
    with pytest.raises(UsageError, match="unknown device 'abacus'"):
        chosen_device("abacus")
    with pytest.raises(UsageError, match="'meta' has no values"):
        chosen_device("meta")
    with pytest.raises(EnvironmentFault, match="'cuda:99' cannot be used here"):
        chosen_device("cuda:99")


def test_processes():
    assert decoding_processes(0, 10**6, torch.device("cpu")) == 0
    assert 1 <= decoding_processes(-1, 10**6, torch.device("cpu")) <= 8
