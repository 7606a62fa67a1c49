"""Watching the caller's own forward: alone, together, nested and interrupted."""

import gc

import pytest
import torch

from saliencekit.errors import ModelError, UsageError
from saliencekit.extractors import GradCAM

MODES = (torch.inference_mode, torch.no_grad, torch.enable_grad)


@pytest.mark.parametrize("inner", MODES)
@pytest.mark.parametrize("outer", MODES)
def test_modes_are_as_before_after_an_interrupted_forward_in_a_block(outer, inner, pair, images, seen, young):
    extractor, net = pair

    def interrupt(*_):
        raise KeyboardInterrupt

    with young():
        extract = extractor(net)
        with outer():
            before = seen(net)
            for _ in range(2):
                handle = net.fc.register_forward_pre_hook(interrupt)
                with pytest.raises(KeyboardInterrupt), extract, inner():
                    net(images)
                handle.remove()
                for what in ("recording", "functions", "hooks"):
                    assert seen(net)[what] == before[what]
                extract(images)
        gc.collect()
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()


def test_a_call_of_another_extractor_inside_the_block_is_not_explained(pair, images):
    extractor, net = pair
    expected = extractor(net)(images, 1)
    with extractor(net) as extract:
        net(images)
        GradCAM(net)(torch.rand(2, 3, 20, 20))
        torch.testing.assert_close(extract.maps(1).detach(), expected)


def test_maps_of_several_classes_from_one_forward(pair, images):
    extractor, net = pair
    expected = [extractor(net)(images, target) for target in range(3)]
    for context in (torch.no_grad, torch.enable_grad):
        with context(), extractor(net) as extract:
            net(images)
            for target in range(3):
                torch.testing.assert_close(extract.maps(target).detach(), expected[target])
            extract(images, 0)
            for target in range(3):
                torch.testing.assert_close(extract.maps(target).detach(), expected[target])


def test_what_the_block_hands_the_caller_is_as_without_it(pair, images):
    extractor, net = pair
    expected = net(images)
    extract = extractor(net)
    with extract:
        for context in (torch.enable_grad, torch.no_grad, torch.inference_mode):
            for _ in range(2):
                with context():
                    logits = net(images)
                    torch.testing.assert_close(logits.detach(), expected.detach())
                    assert logits.requires_grad == (context is torch.enable_grad)
    with torch.inference_mode(), extract:
        net(images.clone())
    with torch.inference_mode():
        inside = images.clone()
    with extract:
        with torch.inference_mode():
            net(inside)
        assert extract.maps().shape == (4, 5, 6)


def test_a_forward_that_failed_and_one_that_returned_nothing_are_told_apart(pair, images):
    extractor, net = pair
    with extractor(net) as extract:
        with pytest.raises(RuntimeError):
            net(images[:, :2])
        with pytest.raises(UsageError, match=r"^there is no forward to explain"):
            extract.maps()
        handle = net.register_forward_hook(lambda *_: {}, prepend=True)
        net(images)
        handle.remove()
        with pytest.raises(ModelError, match=r"^expected the model to return logits of shape \(N, K\), got dict$"):
            extract.maps()
        try:
            net(images[:, :2])
        except RuntimeError:  # a forward while an exception is handled is one like all others
            net(images)
        assert extract.maps().isfinite().all()


def test_replicas_are_refused(extractor, net, images):
    with extractor(net), pytest.raises(ModelError, match=r"^DataParallel runs copies of the model"):
        replica = net._replicate_for_data_parallel()
        replica(images)
