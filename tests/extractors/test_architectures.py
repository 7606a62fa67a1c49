"""Every classifier of torchvision: a layer is found, its map is sensible, the logits are those of a bare forward."""

import pytest
import torch
import torchvision
from torch import nn

from saliencekit.extractors import CAM, AttentionRollout, GradCAM

NAMES = sorted(torchvision.models.list_models(module=torchvision.models))

# what the prefix of a name says of the layer, and of the pixels a cell stands for
LAYERS = {
    "alexnet": ("features", 32),
    "convnext": ("features", 32),
    "densenet": ("features", 32),
    "efficientnet": ("features", 32),
    "googlenet": ("inception5b", 32),
    "inception": ("Mixed_7c", 32),
    "maxvit": ("blocks.3", 32),
    "mnasnet": ("layers", 32),
    "mobilenet": ("features", 32),
    "regnet": ("trunk_output", 32),
    "resne": ("layer4", 32),
    "shufflenet": ("conv5", 32),
    "squeezenet": ("features", 16),
    "swin": ("permute", 32),
    "vgg": ("features", 32),
    "vit": ("encoder.layers.encoder_layer_{}.ln_1", 16),
    "wide_resnet": ("layer4", 32),
}
NO_CAM = ("alexnet", "convnext", "maxvit", "mobilenet_v3", "vgg", "vit")


def size_of(name):
    """Small, and not square where the architecture allows it."""
    if name.startswith("vit"):
        side = 28 if name == "vit_h_14" else 64
        return side, side
    return {"maxvit_t": (224, 224), "inception_v3": (96, 128)}.get(name, (64, 96))


STARTS = ("kaiming_normal_", "kaiming_uniform_", "normal_", "trunc_normal_", "uniform_", "xavier_uniform_")


def network(name):
    """With weights that cost next to nothing: drawing those of all would take minutes."""
    settings = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    if name.startswith("vit"):
        settings["image_size"] = size_of(name)[0]
    with pytest.MonkeyPatch.context() as patch:
        for each in STARTS:
            patch.setattr(nn.init, each, lambda tensor, *_, **__: tensor)
        net = torchvision.models.get_model(name, weights=None, num_classes=5, **settings)
    _fill(net, torch.randn(1 << 16, generator=torch.Generator().manual_seed(0)))
    return net.eval()


@torch.no_grad()
def _fill(net, numbers):
    """Give every matrix the same few numbers again and again, and every vector small ones."""
    for each in net.parameters():
        scale = each[0].numel() ** -0.5 if each.dim() > 1 else 0.05
        for part in each.view(-1).split(len(numbers)):
            torch.mul(numbers[: len(part)], scale, out=part)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d | nn.LayerNorm):
            module.weight.fill_(1)
            module.bias.zero_()


def test_there_are_as_many_as_torchvision_says():
    assert len(NAMES) >= 80
    assert all(any(name.startswith(prefix) for prefix in LAYERS) for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_classifier(name):
    net, size = network(name), size_of(name)
    images = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected = net(images)
    prefix = max((each for each in LAYERS if name.startswith(each)), key=len)
    layer, stride = LAYERS[prefix]
    if prefix == "vit":
        layer, stride = layer.format(len(net.encoder.layers) - 1), net.patch_size
    extract = GradCAM(net, relu=False)
    for _ in range(2):  # traced, then hooked
        maps = extract(images)
        assert extract.layer_name == layer
        assert maps.isfinite().all()
        assert maps.abs().max() > 0
        torch.testing.assert_close(extract.logits, expected.clone(), rtol=1e-3, atol=1e-3 * float(expected.abs().max()))
    for cells, pixels in zip(maps.shape[1:], size, strict=True):
        assert pixels // stride - 2 <= cells <= pixels // stride + 1
    if not name.startswith((*NO_CAM, "squeezenet")):  # whose CAM is before a ReLU
        torch.testing.assert_close(CAM(net)(images), maps * maps[0].numel(), rtol=1e-3, atol=1e-3)
    if name in ("vit_b_16", "vit_b_32"):
        assert AttentionRollout(net)(images).shape == maps.shape
