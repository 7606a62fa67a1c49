import pytest
import torch
from lightning.pytorch import LightningModule
from torch import nn

from saliencekit.errors import InputError, UsageError
from saliencekit.training.watched import network_of, watched_of


def images(count):
    return torch.randn(count, 3, 8, 8, generator=torch.Generator().manual_seed(9))


def test_the_network_is_found():
    class Module(LightningModule):
        def __init__(self, **parts):
            super().__init__()
            for name, part in parts.items():
                setattr(self, name, part)

    a, b = nn.Linear(2, 2), nn.Linear(2, 2)
    assert network_of(Module(net=a, model=b), "auto") is b
    assert network_of(Module(net=a, model="a word"), "auto") is a
    assert network_of(Module(encoder=a), "encoder") is a
    assert network_of(Module(encoder=a), b) is b
    whole = Module(encoder=a, head=b)
    assert network_of(whole, "auto") is whole
    with pytest.raises(UsageError, match="Module has no network 'encoder_k': expected one of encoder, head"):
        network_of(whole, "encoder_k")


@pytest.mark.parametrize(
    ("batch", "known"),
    [
        ((images(5), torch.arange(5)), True),
        ([images(5), torch.arange(5)], True),
        ({"pixel_values": images(5), "index": torch.arange(5)}, True),
        ({"meta": ["a"], "views": (images(5), images(5)), "mask": torch.ones(5, dtype=torch.bool)}, False),
        ((torch.zeros(5, 3, 8, 8, dtype=torch.uint8), (images(5), torch.zeros(5))), False),
        (images(5), False),
    ],
)
def test_images_of_any_batch(batch, known):
    watched, labels = watched_of(batch, limit=4)
    assert torch.equal(watched, images(5)[:4])
    assert labels is None if not known else torch.equal(labels, torch.arange(4))


def test_a_batch_without_images():
    with pytest.raises(
        InputError, match="in the first validation batch, got tuple with 1 tensors: give SalienceMonitor"
    ):
        watched_of((torch.zeros(4, 3, 8, 8, dtype=torch.uint8), "name"), limit=4)
