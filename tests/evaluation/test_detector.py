import math

import pytest
import torch
from torch import nn

from saliencekit.errors import ModelError
from saliencekit.evaluation.detector import ready_detector
from saliencekit.functional import cam_entropy
from saliencekit.models import build_model, model_info

PIXELS = torch.randint(0, 256, (6, 1, 16, 16), generator=torch.Generator().manual_seed(0)).byte()


def opened(network, plain, precision="32"):
    return ready_detector(network, model_info(network), plain, PIXELS, device=torch.device("cpu"), precision=precision)


def test_logits_and_the_entropy_of_the_predicted_class(detector_of, plain):
    network = detector_of(0.0, 3.0)
    with opened(network, plain) as detector:
        look = detector.look(PIXELS)
        assert (detector.grid, detector.layer, detector.logits, detector.synthetic) == ((16, 16), "0", 2, 1)
    images = (PIXELS / 255 - 0.5) / 0.25
    assert torch.allclose(look.logits[:, 1], 3 * images.mean((1, 2, 3)), atol=1e-6)
    fake = look.logits[:, 1] > 0
    assert fake.any()
    # CAM of class 1 is 3 times the image; that of class 0 is all zero, so that nothing stands out.
    expected = torch.where(fake, cam_entropy(images[:, 0]), math.log(256))
    assert torch.allclose(look.entropy, expected, atol=1e-4)
    assert torch.equal(look.degenerate, ~fake)


def test_classes_named_the_other_way_round(detector_of, plain):
    from saliencekit.models.info import ModelInfo

    network = detector_of(0.0, 3.0)
    info = ModelInfo(arch=None, num_classes=2, classes=("fake", "real"))
    with ready_detector(network, info, plain, PIXELS, device=torch.device("cpu"), precision="32") as detector:
        assert detector.synthetic == 0
        assert detector.predicted(torch.tensor([[1.0, 0.0], [0.0, 1.0]])) == ["fake", "real"]


def test_a_network_is_left_as_it_was(detector_of, plain):
    network = detector_of(0.0, 1.0).train()
    network[0].eval()
    with opened(network, plain) as detector:
        detector.look(PIXELS)
        assert not network.training
    assert [module.training for module in network] == [False, True, True, True]
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in network.parameters())


def test_no_cam_where_the_head_allows_none(plain):
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(2 * 14 * 14, 2)).eval()
    with opened(network, plain) as detector:
        assert detector.cam is None
        assert "CAM is not defined" in detector.no_cam
        look = detector.look(PIXELS)
    assert look.entropy is None
    assert torch.allclose(look.logits, network((PIXELS / 255 - 0.5) / 0.25), atol=1e-6)


def test_bf16_gives_float32_near_by(plain):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = build_model("saliencekit:small-cnn?width=8", num_classes=2)
    with opened(network, plain) as exact, torch.no_grad():
        expected = exact.look(PIXELS)
    with opened(network, plain, "bf16-mixed") as mixed:
        look = mixed.look(PIXELS)
    assert look.logits.dtype == torch.float32
    assert torch.allclose(look.logits, expected.logits, atol=0.05)


def test_out_of_memory_halves_the_batch(detector_of, plain):
    network = detector_of(0.0, 3.0)
    sizes = []

    def short_of_memory(module, args):
        sizes.append(len(args[0]))
        if len(args[0]) > 2:
            raise torch.OutOfMemoryError("no more")

    network.register_forward_pre_hook(short_of_memory)
    with opened(network, plain) as detector:
        sizes.clear()
        halved = detector.look(PIXELS)
    assert sizes == [6, 3, 1, 2, 3, 1, 2]
    with opened(detector_of(0.0, 3.0), plain) as detector:
        whole = detector.look(PIXELS)
    assert torch.allclose(halved.logits, whole.logits)
    assert torch.allclose(halved.entropy, whole.entropy)


def test_probabilities_would_be_squashed_twice(detector_of, plain):
    with pytest.raises(ModelError, match=r"gives probabilities, .* take its last softmax away"):
        with opened(nn.Sequential(*detector_of(0.0, 3.0), nn.Softmax(1)).eval(), plain):
            pass


class Noisy(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(256, 2)

    def forward(self, images):
        return self.head(images.flatten(1)) + torch.rand(len(images), 2)


class Broken(Noisy):
    def forward(self, images):
        return self.head(images)


def test_networks_that_will_not_do(plain):
    with pytest.raises(ModelError, match="random in eval mode"), opened(Noisy(), plain):
        pass
    with pytest.raises(ModelError, match=r"failed on images of \(C, H, W\) = \(1, 16, 16\): RuntimeError"):
        with opened(Broken(), plain):
            pass
    with pytest.raises(ModelError, match="got 3 classes"):
        with opened(nn.Sequential(nn.Flatten(), nn.Linear(256, 3)), plain):
            pass
