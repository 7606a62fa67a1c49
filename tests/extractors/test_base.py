"""What holds for every extractor: it leaves no trace, works in every mode, and says in one sentence what is wrong."""

import copy
import gc
import io
import weakref
from collections import namedtuple

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from saliencekit.errors import InputError, ModelError, UsageError
from saliencekit.extractors import CAM, EXTRACTORS, Extractor, GradCAM, extractor_class


def works_on(extractor, model, images):
    try:
        extractor(model)(images)
    except ModelError:
        return False
    return True


@pytest.fixture(params=sorted(EXTRACTORS))
def extractor(request):
    return EXTRACTORS[request.param]


@pytest.fixture
def pair(extractor, net, images):
    """An extractor and a network that it can explain."""
    if extractor is CAM and net.head.__name__ == "deep":
        net.head = lambda net, x: net.fc(F.dropout(x.relu_().mean((2, 3)), 0.5, net.training))
    return extractor, net


CONTEXTS = {
    "plain": torch.enable_grad,
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu", torch.bfloat16),
}


def test_the_registry():
    assert list(EXTRACTORS) == ["cam", "grad-cam"]
    assert all(cls.word == word and issubclass(cls, Extractor) for word, cls in EXTRACTORS.items())
    with pytest.raises(UsageError, match="unknown salience method 'gradcam': expected one of cam, grad-cam"):
        extractor_class("gradcam")


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("mode", ["eval", "train", "mixed", "frozen"])
def test_no_trace(context, mode, pair, images, seen):
    extractor, net = pair
    net.train(mode in ("train", "mixed"))
    if mode == "mixed":
        net.norm.eval()
        net.stem.weight.requires_grad_(False)
    if mode == "frozen":
        net.requires_grad_(False)
    else:
        net(images).sum().backward()
    version, extract = images._version, extractor(net)
    with CONTEXTS[context]():
        before = seen(net)
        for _ in range(3):
            extract(images)
            assert seen(net) == before
    assert images._version == version
    assert not images.requires_grad
    assert all(not each.requires_grad for each in (extract(images), extract.logits))


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("place", ["stem", "last", "fc"])
@pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("context", ["plain", "inference_mode"])
def test_no_trace_after_an_exception_in_the_model(context, fault, place, mode, pair, images, seen):
    extractor, net = pair
    net.train(mode == "train")

    def fail(*_):
        raise fault("in the model")

    extract = extractor(net)
    for traced in (True, False):
        handle = net.get_submodule(place).register_forward_hook(fail)
        with CONTEXTS[context]():
            before = seen(net)
            with pytest.raises(fault, match="in the model"):
                extract(images)
            assert seen(net) == before
            with pytest.raises(fault, match="in the model"), extract:
                net(images)
            own = {"state": 0, "buffers": 0, "random": 0}  # what the caller's own forward changes
            assert {**seen(net), **own} == {**before, **own}
        handle.remove()
        if traced:
            extract(images)
    assert extract(images).isfinite().all()


@pytest.mark.parametrize("inner", [torch.inference_mode, torch.no_grad, torch.enable_grad])
@pytest.mark.parametrize("outer", [torch.inference_mode, torch.no_grad, torch.enable_grad])
def test_modes_are_as_before_after_an_interrupted_forward_in_a_block(outer, inner, pair, images, seen):
    extractor, net = pair

    def interrupt(*_):
        raise KeyboardInterrupt

    extract = extractor(net)
    with outer():
        before = seen(net)
        for _ in range(2):
            handle = net.fc.register_forward_pre_hook(interrupt)
            with pytest.raises(KeyboardInterrupt), extract, inner():
                net(images)
            handle.remove()
            assert seen(net)["recording"] == before["recording"]
            assert seen(net)["functions"] == before["functions"]
            assert seen(net)["hooks"] == before["hooks"]
            extract(images)
    gc.collect()
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()


@pytest.mark.parametrize("context", CONTEXTS)
def test_an_exception_in_the_block_reaches_the_caller(context, pair, images, seen):
    extractor, net = pair
    with CONTEXTS[context]():
        before = seen(net)
        with pytest.raises(IndexError, match="mine"), extractor(net) as extract:
            net(images)
            extract.maps()
            raise IndexError("mine")
        assert seen(net) == before
    with pytest.raises(UsageError, match="there is no forward to explain"):
        extract.maps()


@pytest.mark.parametrize("context", CONTEXTS)
def test_the_same_maps_in_every_context_and_frozen(context, pair, images):
    extractor, net = pair
    expected = extractor(net)(images, 1)
    rtol = 0.1 if context == "autocast" else 1e-5
    for frozen in (False, True):
        net.requires_grad_(not frozen)
        extract = extractor(net)
        with CONTEXTS[context]():
            for _ in range(2):
                maps = extract(images.clone(), 1)
                assert maps.dtype == torch.float32
                assert not maps.is_inference()
                torch.testing.assert_close(maps, expected, rtol=rtol, atol=rtol * float(expected.abs().max()))
            with extract:
                for _ in range(2):
                    net(images.clone())
                    maps = extract.maps(1).detach()
                    torch.testing.assert_close(maps, expected, rtol=rtol, atol=rtol * float(expected.abs().max()))


def test_one_forward_a_call(pair, images):
    extractor, net = pair
    calls = []
    net.register_forward_pre_hook(lambda *_: calls.append(1))
    extract = extractor(net)
    for number in range(1, 4):
        extract(images)
        assert len(calls) == number
        assert torch.allclose(extract.logits, net(images).detach(), atol=1e-6)
        calls.pop()


def test_a_batch_is_as_many_single_images_and_channels_last_the_same(pair, images):
    extractor, net = pair
    target = torch.tensor([2, 0, 1, 2])
    extract = extractor(net)
    maps = extract(images, target)
    for index in range(4):
        single = extract(images[index : index + 1], int(target[index]))
        torch.testing.assert_close(maps[index : index + 1], single, rtol=1e-5, atol=1e-6)
    laid_out = images.to(memory_format=torch.channels_last)
    maps_of_last = extractor(net.to(memory_format=torch.channels_last))(laid_out, target)
    torch.testing.assert_close(maps_of_last, maps, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_any_size_and_channels_with_one_extractor(channels, extractor, make_net):
    extract = extractor(make_net(channels=channels))
    for size in ((9, 9), (30, 17), (1, 64), (2, 2)):
        maps = extract(torch.rand(2, channels, *size))
        assert maps.shape == (2, (size[0] + 1) // 2, (size[1] + 1) // 2)
        assert extract.logits.shape == (2, 3)
        assert extract.target.shape == (2,)


def test_float64_stays_float64(pair, images):
    extractor, net = pair
    expected = extractor(net)(images, 1)
    maps = extractor(net.double())(images.double(), 1)
    assert maps.dtype == torch.float64
    torch.testing.assert_close(maps.float(), expected, rtol=1e-4, atol=1e-5)


def test_a_change_of_mode_is_noticed(pair, images):
    extractor, net = pair
    expected = extractor(net)(images, 1)
    extract = extractor(net)
    net.train()
    other = extract(images, 1)
    net.eval()
    assert torch.equal(extract(images, 1), expected)
    assert not torch.allclose(other, expected)


def test_the_graph_of_the_caller_outlives_a_call(pair, images):
    extractor, net = pair
    net.train()
    extract = extractor(net)
    extract(images)
    torch.manual_seed(0)
    loss = net(images).square().sum()
    extract(images)
    with extract:
        net(images)
        extract.maps()
    loss.backward()
    found = net.stem.weight.grad.clone()
    fresh = copy.deepcopy(net)
    fresh.zero_grad()
    torch.manual_seed(0)
    fresh(images).square().sum().backward()
    torch.testing.assert_close(found, fresh.stem.weight.grad)


def test_autocast_trains_as_ever_after_a_call_in_its_block(pair, images):
    extractor, net = pair
    with torch.autocast("cpu", torch.bfloat16):
        extractor(net)(images)
        net(images).float().sum().backward()
    assert net.stem.weight.grad is not None
    assert net.stem.weight.grad.abs().max() > 0


def test_random_networks_draw_as_if_there_had_been_no_extractor(make_net, extractor, images):
    net = make_net(lambda net, x: net.fc((x * torch.rand_like(x)).mean((2, 3))))
    extract = extractor(net)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first = extract(images)
    assert torch.equal(torch.rand(3), expected)
    torch.manual_seed(5)
    torch.testing.assert_close(extract(images), first)


def test_two_extractors_on_one_network(net, images):
    one, two = GradCAM(net, "stem", relu=False), GradCAM(net, relu=False)
    expected = one(images, 0), two(images, 1)
    for context in CONTEXTS.values():
        if context is CONTEXTS["autocast"]:
            continue
        for outer, inner in ((one, two), (two, one)):
            with context(), outer, inner:
                for _ in range(2):
                    net(images.clone())
                    torch.testing.assert_close(one.maps(0).detach(), expected[0], rtol=1e-5, atol=1e-7)
                    torch.testing.assert_close(two.maps(1).detach(), expected[1], rtol=1e-5, atol=1e-7)
        one, two = GradCAM(net, "stem", relu=False), GradCAM(net, relu=False)


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
        for context in CONTEXTS.values():
            if context is CONTEXTS["autocast"]:
                continue
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


def test_memory_does_not_grow(pair, images):
    extractor, net = pair
    kept = []
    net.last.register_forward_hook(lambda _, __, out: kept.append(weakref.ref(out)))

    def tensors():
        return sum(issubclass(type(each), torch.Tensor) for each in gc.get_objects())

    extractor(net)(images)
    gc.collect()
    gc.disable()
    try:
        before = tensors()
        for _ in range(100):
            extract = extractor(net)
            extract(images)
            with extract:
                net(images)
                extract.maps()
            del extract
        assert tensors() <= before
        assert all(each() is None for each in kept)
    finally:
        gc.enable()


def test_the_network_can_be_copied_and_pickled_afterwards(extractor, images):
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)).eval()
    extract = extractor(net)
    expected = extract(images, 1)
    file = io.BytesIO()
    torch.save(net, file)
    file.seek(0)
    for again in (copy.deepcopy(net), torch.load(file, weights_only=False)):
        assert torch.equal(extractor(again)(images, 1), expected)


def test_images_passed_on_as_they_are_stay_the_callers(images):
    net = nn.Sequential(nn.Identity(), nn.Flatten(), nn.Linear(3 * 9 * 11, 8), nn.Tanh(), nn.Linear(8, 2)).eval()
    maps = GradCAM(net, "0")(images)
    assert maps.shape == (4, 9, 11)
    assert not images.requires_grad
    with GradCAM(net, "0") as extract:
        net(images)
        assert extract.maps().shape == (4, 9, 11)
    assert not images.requires_grad


class Wrapped(nn.Module):
    def __init__(self, net, wrap):
        super().__init__()
        self.net, self.wrap = net, wrap

    def forward(self, images):
        return self.wrap(self.net(images))


Outputs = namedtuple("Outputs", ["logits", "aux"])


class ModelOutput(dict):
    """As Hugging Face has it: a mapping with attributes."""


class Plain:
    def __init__(self, logits):
        self.embedding, self.logits = torch.zeros(4, 7, 7), logits


@pytest.mark.parametrize(
    ("wrap", "output"),
    [
        (lambda logits: (logits,), None),
        (lambda logits: [logits, None], None),
        (lambda logits: {"logits": logits, "embedding": torch.zeros(4, 64)}, None),
        (lambda logits: ModelOutput(loss=None, logits=logits), None),
        (lambda logits: Outputs(logits, logits * 2), None),
        (lambda logits: (torch.zeros(4, 64), logits), 1),
        (lambda logits: {"cls": logits, "feat": torch.zeros(4, 64)}, "cls"),
        (lambda logits: Outputs(logits * 2, logits), "aux"),
        (Plain, None),
        (Plain, "logits"),
    ],
)
def test_whatever_the_model_returns(wrap, output, pair, images):
    extractor, net = pair
    expected = extractor(net)(images, 1)
    extract = extractor(Wrapped(net, wrap), output=output)
    for _ in range(2):
        torch.testing.assert_close(extract(images, 1), expected)
    assert extract.layer_name == "net.last"


def test_one_logit_an_image_without_an_axis(extractor, make_net, images):
    net = make_net(classes=1)
    flat = Wrapped(net, lambda logits: logits.squeeze(1))
    for target in (0, 1, "predicted"):
        assert torch.equal(extractor(flat)(images, target), extractor(net)(images, target))
    torch.testing.assert_close(GradCAM(net, relu=False)(images, 0), -GradCAM(net, relu=False)(images, 1))


@pytest.mark.parametrize(
    "compile_", [lambda net: torch.compile(net, backend="eager"), lambda net: net.compile(backend="eager") or net]
)
def test_a_compiled_network_before_and_after_its_first_call(compile_, pair, images):
    extractor, net = pair
    expected = extractor(net)(images, 1)
    compiled = compile_(net)
    try:
        early = extractor(compiled)
        logits = compiled(images)
        for extract in (early, extractor(compiled)):
            torch.testing.assert_close(extract(images, 1), expected)
            with extract:
                compiled(images)
                torch.testing.assert_close(extract.maps(1).detach(), expected)
            assert extract.layer_name == "last"
        torch.testing.assert_close(compiled(images), logits)
    finally:
        torch.compiler.reset()


def test_wrappers_are_looked_into(pair, images, tmp_path):
    extractor, net = pair
    expected = extractor(net)(images, 1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        parallel = nn.parallel.DistributedDataParallel(net)
        for model in (parallel, nn.DataParallel(net), nn.DataParallel(nn.DataParallel(net))):
            for layer in ("auto", "last", "module.last"):
                extract = extractor(model, layer)
                if layer == "auto":
                    torch.testing.assert_close(extract(images, 1), expected)
                assert extract(images, 1).shape == expected.shape
                assert extract.layer_name == "last"
        with extractor(parallel) as extract:
            logits = parallel(images)
            maps = extract.maps(1)
            (logits.sum() + maps.sum()).backward()
        torch.testing.assert_close(maps.detach(), expected)
        assert net.stem.weight.grad.abs().max() > 0
    finally:
        torch.distributed.destroy_process_group()


def test_replicas_are_refused(extractor, net, images):
    with extractor(net), pytest.raises(ModelError, match="^DataParallel runs copies of the model"):
        replica = net._replicate_for_data_parallel()
        replica(images)


def test_user_hooks_stay_and_are_seen(extractor, make_net, images):
    net = make_net()
    handle = net.last.register_forward_hook(lambda _, __, out: out * 2)
    doubled = extractor(net)(images, 1)
    assert len(net.last._forward_hooks) == 1
    handle.remove()
    torch.testing.assert_close(doubled, 2 * extractor(net)(images, 1))


# ------------------------------------------------------------------------------------------ what is wrong, in words


def test_errors_of_the_caller(extractor, make_net, images):
    net = make_net()
    extract = extractor(net)
    for name in ("layer_name", "logits", "target"):
        with pytest.raises(UsageError, match=f"^this {extractor.__name__} has explained nothing yet"):
            getattr(extract, name)
    with pytest.raises(
        InputError, match=r"^expected `images` of shape \(N, C, H, W\) with N of at least 1, got \(3, 9, 11\)$"
    ):
        extract(images[0])
    with pytest.raises(InputError, match=r"got \(0, 3, 9, 11\)"):
        extract(images[:0])
    with pytest.raises(InputError, match="got list"):
        extract([images])
    with pytest.raises(
        InputError, match=r"^expected `images` of floating point as the model takes them, got torch.uint8"
    ):
        extract(images.to(torch.uint8))
    with pytest.raises(UsageError, match="needs `labels`"):
        extract(images, "label")
    with pytest.raises(InputError, match="expected `target` from 0 to 2, got 3"):
        extract(images, 3)
    with pytest.raises(UsageError, match=r"^expected `model` to be a torch.nn.Module, got function"):
        extractor(lambda x: x)
    with extract, pytest.raises(UsageError, match=f"^this {extractor.__name__} has been entered already"):
        extract.__enter__()
    with extract, pytest.raises(UsageError, match="there is no forward to explain"):
        extract.maps()
    extract(images)


def test_errors_about_the_layer(extractor, make_net, images):
    net = make_net()
    with pytest.raises(ModelError, match="^the model has no layer 'lst'; nearest: last"):
        extractor(net, "lst")
    with pytest.raises(ModelError, match="^the Linear given as layer is no part of the model"):
        extractor(net, nn.Linear(2, 2))
    assert extractor(net, net.last)(images).shape == (4, 5, 6)
    with pytest.raises(ModelError, match=r"^expected layer 'fc' to give maps of shape \(N, C, h, w\), got \(4, 3\)"):
        extractor(net, "fc")(images)
    net.unused = nn.Conv2d(3, 8, 1)
    with pytest.raises(ModelError, match="^layer 'unused' did not run when the model did"):
        extractor(net, "unused")(images)
    net.head = lambda net, x: net.fc(net.act(x).mean((2, 3)))
    with pytest.raises(ModelError, match="^layer 'act' ran 2 times in one forward"):
        extractor(net, "act")(images)


def test_errors_about_the_model(extractor, make_net, images):
    flat = nn.Sequential(nn.Flatten(), nn.Linear(3 * 9 * 11, 2))
    with pytest.raises(ModelError, match="^the model has no spatial layer"):
        GradCAM(flat)(images)
    scaled = nn.Sequential(nn.Hardtanh(), nn.Flatten(), nn.Linear(3 * 9 * 11, 2))
    with pytest.raises(ModelError, match="^the model has no spatial layer"):
        GradCAM(scaled)(images)
    with pytest.raises(ModelError, match=r"^expected the model to return logits of shape \(N, K\), got \(4, 8, 5, 6\)"):
        extractor(make_net(lambda net, x: x))(images)
    with pytest.raises(ModelError, match=r"pass output= one of 0 \(4, 3\), 1 \(4, 8\) to say where its logits are"):
        extractor(make_net(lambda net, x: (net.fc(x.mean((2, 3))), x.mean((2, 3)))))(images)
    with pytest.raises(UsageError, match="^the model returns one tensor: drop output=1"):
        extractor(make_net(), output=1)(images)
    with pytest.raises(ModelError, match="^expected the model to give logits for 4 images, got 2"):
        extractor(make_net(lambda net, x: net.fc(x[:2].mean((2, 3)))))(images)
    with pytest.raises(ModelError, match="^expected layer 'stem' to give maps for 2 images, got 4"):
        extractor(make_net(lambda net, x: net.fc(x[:2].mean((2, 3)))), "stem")(images)


def test_tokens_are_named_as_such(images):
    class Tokens(nn.Module):
        def __init__(self):
            super().__init__()
            self.patches = nn.Conv2d(3, 8, 3, stride=3)
            self.blocks = nn.Sequential(*[nn.Linear(8, 8) for _ in range(4)])
            self.fc = nn.Linear(8, 2)

        def forward(self, images):
            return self.fc(self.blocks(self.patches(images).flatten(2).transpose(1, 2))[:, 0])

    with pytest.raises(ModelError, match=r"^after 'patches' the model works on tokens \(N, L, C\)"):
        GradCAM(Tokens())(images)


def test_numbers_that_are_none(extractor, make_net, images):
    net = make_net()
    with torch.no_grad():
        net.last.weight.fill_(float("nan"))
    with pytest.raises(ModelError, match="^no logits and map of the model are finite numbers"):
        extractor(net)(images)
    mixed = images.clone()
    mixed[1] = float("inf")
    maps = extractor(make_net())(mixed)  # one image is the measures' to count
    assert maps.isfinite().flatten(1).all(1).tolist() == [True, False, True, True]


def test_a_network_rebuilt_after_the_first_call(extractor, make_net, images):
    net = make_net()
    extract = extractor(net)
    extract(images)
    net.fc = nn.Linear(8, 5)
    with pytest.raises(
        ModelError, match="^the model no longer runs as when layer 'last' was found: make a new extractor"
    ):
        extract(images)
    assert extractor(net)(images, 4).shape == (4, 5, 6)
