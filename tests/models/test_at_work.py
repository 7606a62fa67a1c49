import pytest
import torch
from torch import nn

from saliencekit.models.at_work import at_work, device_of

CPU, META = torch.device("cpu"), torch.device("meta")


@pytest.fixture
def network():
    made = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout())
    made[1].eval()
    return made


def modes(network):
    return [module.training for module in network.modules()]


def test_every_module_has_its_own_mode_back_also_after_an_exception(network):
    before = modes(network)
    with pytest.raises(KeyError), at_work(network, CPU) as here:
        assert here is network
        assert not any(modes(here))
        raise KeyError
    assert modes(network) == before == [True, True, False, True]


def test_on_another_device_it_is_copied_and_never_moved(network):
    before = modes(network)
    with at_work(network, META) as here:
        assert here is not network
        assert (device_of(here), device_of(network)) == (META, CPU)
        assert modes(network) == before
    assert modes(network) == before


def test_buffers_tell_where_there_are_no_weights():
    network = nn.BatchNorm2d(2, affine=False)
    assert device_of(network) == CPU
    assert device_of(nn.Flatten()) is None


def test_without_weights_it_works_anywhere():
    network = nn.Flatten()
    with at_work(network, META) as here:
        assert here is network
