"""Layers are found by name in any wrapper."""

import pytest
import torch
from torch import nn

from saliencekit.errors import ModelError
from saliencekit.extractors import AttentionRollout
from saliencekit.extractors.finding.modules import is_compiled, resolve_layer, unwrap


def test_wrappers_are_looked_into(pair, images, place, tmp_path):
    extractor, net = pair
    expected = extractor(net)(images, 1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        parallel = nn.parallel.DistributedDataParallel(net)
        for model in (parallel, nn.DataParallel(net), nn.DataParallel(nn.DataParallel(net))):
            for layer in ("auto", "last", "module.last") if extractor is not AttentionRollout else ("auto",):
                extract = extractor(model, layer)
                if layer == "auto":
                    torch.testing.assert_close(extract(images, 1), expected)
                assert extract(images, 1).shape == expected.shape
                assert extract.layer_name == place(extractor)
        with extractor(parallel) as extract:
            logits = parallel(images)
            maps = extract.maps(1)
            (logits.sum() + maps.sum()).backward()
        torch.testing.assert_close(maps.detach(), expected)
        assert net.stem.weight.grad.abs().max() > 0
    finally:
        torch.distributed.destroy_process_group()


def test_the_nearest_names_are_told():
    net = nn.Sequential()
    for name in ("layer1", "layer2", "layer3", "fc"):
        net.add_module(name, nn.Identity())
    with pytest.raises(ModelError, match=r"^the model has no layer 'layer4'; nearest: layer3, layer2, layer1$"):
        resolve_layer(net, "layer4")
    with pytest.raises(ModelError, match=r"^the model has no layer 'xyz'; nearest: layer2, layer3, fc$"):
        resolve_layer(net, "xyz")
    with pytest.raises(ModelError, match=r"^the model has no layer 'fc'$"):
        resolve_layer(nn.Linear(2, 2), "fc")


def test_a_layer_really_called_module_is_meant():
    net = nn.Sequential()
    net.add_module("module", nn.Sequential(nn.Identity()))
    assert resolve_layer(net, "module.0") == "module.0"
    assert resolve_layer(net, "module.module.0") == "module.0"


def test_compiled_parts_are_noticed():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    assert not is_compiled(net)
    assert is_compiled(nn.Sequential(torch.compile(net, backend="eager")))
    net[1].compile(backend="eager")
    assert is_compiled(net)
    assert unwrap(torch.compile(nn.DataParallel(net))) is net


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:Warning")
def test_torchscript_is_refused():
    with pytest.raises(ModelError, match=r"^the layers of a TorchScript model run out of sight"):
        unwrap(torch.jit.script(nn.Sequential(nn.Conv2d(3, 4, 3))))
