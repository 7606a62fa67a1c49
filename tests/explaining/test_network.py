import pytest
import torch
from torch import nn

from saliencekit.errors import ModelError, UsageError
from saliencekit.explaining.network import class_number, ready
from saliencekit.extractors import GradCAM
from saliencekit.functional import cam_entropy
from saliencekit.preprocessing import Preprocessing

PREPROCESSING = Preprocessing(size=(9, 9), channels=1, mean=(0.4,), std=(0.3,))
CPU = torch.device("cpu")


@pytest.fixture
def network():
    torch.manual_seed(0)
    pool = (nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), *pool, nn.Linear(8, 3)).train()


@pytest.fixture
def pixels():
    return torch.randint(0, 256, (5, 1, 9, 9), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def test_looks_are_those_of_the_extractors(network, pixels):
    target = torch.tensor([0, 1, 2, 0, 1])
    with ready(network, PREPROCESSING, CPU, methods=["grad-cam", "captum:Saliency"], layer="0") as explainer:
        assert not network.training
        found = explainer.explain(pixels, target)
        maps = GradCAM(network, "0")((pixels.float() / 255 - 0.4) / 0.3, target)
        logits = network((pixels.float() / 255 - 0.4) / 0.3)
    assert all(module.training for module in network.modules())
    assert found.layers == {"grad-cam": "0", "captum:Saliency": "input"}
    torch.testing.assert_close(torch.stack([look.salience for look in found.looks["grad-cam"]]), maps)
    torch.testing.assert_close(torch.tensor([look.entropy for look in found.looks["grad-cam"]]), cam_entropy(maps))
    torch.testing.assert_close(found.logits, logits.detach())
    assert found.target.tolist() == target.tolist()


def test_out_of_memory_halves_the_batch(network, pixels):
    sizes = []

    def limited(_, args):
        sizes.append(len(args[0]))
        if len(args[0]) > 2:
            raise torch.OutOfMemoryError("too many")

    with ready(network, PREPROCESSING, CPU, methods=["grad-cam"], layer="auto") as explainer:
        expected = explainer.explain(pixels, "predicted")
        handle = network.register_forward_pre_hook(limited)
        found = explainer.explain(pixels, "predicted")
        targets = explainer.explain(pixels, torch.tensor([0, 1, 2, 1, 0])).target
        handle.remove()
    assert sizes[:5] == [5, 2, 3, 1, 2]
    assert targets.tolist() == [0, 1, 2, 1, 0]
    torch.testing.assert_close(found.logits, expected.logits)
    assert len(found.looks["grad-cam"]) == 5


def test_modes_come_back_after_a_fault(network, pixels):
    with pytest.raises(IndexError), ready(network, PREPROCESSING, CPU, methods=["cam"], layer="auto"):
        raise IndexError
    assert network.training
    with (
        pytest.raises(ModelError, match=r"^the network failed on images of \(C, H, W\) = \(3, 9, 9\): RuntimeError: "),
        ready(network, PREPROCESSING, CPU, methods=["cam"], layer="auto") as explainer,
    ):
        explainer.explain(pixels.repeat(1, 3, 1, 1), "predicted")
    assert network.training


def test_classes():
    classes = ("tabby", "crane", "tiger cat", "crane", "7")
    assert class_number("tiger cat", classes) == 2
    assert class_number("3", classes) == 3
    assert class_number("7", classes) == 4  # a name before a number
    assert class_number("-1", classes) == -1  # told by the extractor, which knows the range
    with pytest.raises(UsageError, match=r"^2 classes are named 'crane': give a number, one of \[1, 3\]$"):
        class_number("crane", classes)
    with pytest.raises(UsageError, match=r"^expected `target` to be .*, got 'tigercat'; nearest tiger cat$"):
        class_number("tigercat", classes)
    with pytest.raises(UsageError, match=r"got 'tabby'; the model names no classes$"):
        class_number("tabby", ())


def test_probabilities_are_refused(network, pixels):
    network.append(nn.Softmax(1))
    with (
        ready(network, PREPROCESSING, CPU, methods=["grad-cam"], layer="0") as explainer,
        pytest.raises(ModelError, match="gives probabilities, which add up to 1, where logits are expected"),
    ):
        explainer.explain(pixels, "predicted")
