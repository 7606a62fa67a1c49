"""One forward for several layers, the maps of each as alone, and no trace."""

import pytest
import torch

from saliencekit.errors import InputError, UsageError
from saliencekit.extractors import CAM, GradCAM, LayerCAM, ScoreCAM
from saliencekit.extractors.captum_extractor import CaptumExtractor
from saliencekit.extractors.fusion import FusedExtractor, fused_layers
from saliencekit.functional.fusion import FUSIONS, fuse_maps

LAYERS = ("act", "last")


@pytest.mark.parametrize("fuse", FUSIONS)
@pytest.mark.parametrize("method", [GradCAM, LayerCAM, ScoreCAM])
def test_equals_the_maps_of_each_layer(method, fuse, context, net, images):
    with context():
        expected = fuse_maps([method(net, layer)(images, 1) for layer in LAYERS], fuse=fuse)
        extract = fused_layers(method, net, LAYERS, fuse=fuse)
        for _ in range(2):
            torch.testing.assert_close(extract(images, 1), expected, rtol=1e-4, atol=1e-5)
    assert expected.shape == (4, 9, 11)
    assert extract.layer_name == "act+last"
    assert extract.target.tolist() == [1] * 4
    torch.testing.assert_close(extract.logits, GradCAMlogits(net, images), rtol=0.05, atol=0.05)


def GradCAMlogits(net, images):
    extract = GradCAM(net)
    extract(images)
    return extract.logits


def test_one_forward_gives_them_all(net, images):
    calls = []
    net.register_forward_hook(lambda *_: calls.append(1))
    extract = fused_layers(GradCAM, net, LAYERS)
    extract(images)
    extract(images, 2)
    assert len(calls) == 2


def test_in_a_block_the_callers_forward_is_reused_and_can_be_trained_on(net, images):
    expected = fused_layers(GradCAM, net, LAYERS)(images, 2)
    calls = []
    net.register_forward_hook(lambda *_: calls.append(1))
    with fused_layers(GradCAM, net, LAYERS) as extract:
        logits = net(images)
        maps = extract.maps(2)
        torch.testing.assert_close(maps.detach(), expected, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(extract(images, 2), expected, rtol=1e-4, atol=1e-5)  # others in between
    assert len(calls) == 3
    (maps.mean() + logits.mean()).backward()
    assert net.stem.weight.grad.abs().max() > 0


def test_methods_can_be_mixed_and_captum_cannot_be_entered(make_net, images):
    net = make_net()
    parts = [GradCAM(net, "act"), CAM(net)]
    found = FusedExtractor(net, parts, fuse="max")(images, 0)
    torch.testing.assert_close(found, fuse_maps([CAM(net)(images, 0), GradCAM(net, "act")(images, 0)], fuse="max"))
    with pytest.raises(UsageError, match=r"^captum's Saliency runs forwards of its own"):
        FusedExtractor(net, [GradCAM(net), CaptumExtractor(net, "Saliency")])(images)


def test_another_extractor_does_not_take_its_forward_for_the_callers(net, images):
    with GradCAM(net) as outer:
        net(images)
        expected = outer.maps(1).detach()
        fused_layers(GradCAM, net, LAYERS)(images.flip(0), 0)
        torch.testing.assert_close(outer.maps(1).detach(), expected)


@pytest.mark.parametrize("training", [False, True])
def test_no_trace(training, net, images, seen):
    net.train(training)
    before = seen(net)
    fused_layers(GradCAM, net, LAYERS)(images, 1)
    assert seen(net) == before


@pytest.mark.parametrize("fault", [IndexError, KeyboardInterrupt])
def test_no_trace_after_a_fault(fault, net, images, seen):
    def fail(*_):
        raise fault("on purpose")

    handle = net.last.register_forward_hook(fail)
    before = seen(net)
    extract = fused_layers(GradCAM, net, LAYERS)
    with pytest.raises(fault, match="on purpose"):
        extract(images)
    assert seen(net) == before
    with pytest.raises(fault, match="of the caller's"), extract:
        raise fault("of the caller's")
    assert seen(net) == before
    handle.remove()
    assert extract(images).isfinite().all()


def test_errors(net, images):
    with pytest.raises(UsageError, match=r"^expected at least one extractor to fuse$"):
        FusedExtractor(net, [])
    with pytest.raises(UsageError, match=r"^unknown fusion 'sum'"):
        fused_layers(GradCAM, net, LAYERS, fuse="sum")
    extract = fused_layers(GradCAM, net, LAYERS)
    with pytest.raises(InputError, match=r"^expected `images` of shape \(N, C, H, W\)"):
        extract(images[0])
    with pytest.raises(UsageError, match=r"^this GradCAM has explained nothing yet"):
        extract.layer_name  # noqa: B018
    with extract, pytest.raises(UsageError, match=r"^this FusedExtractor has been entered already: make a second one$"):
        extract.__enter__()
    with extract, pytest.raises(UsageError, match=r"^there is no forward to explain"):
        extract.maps()
