"""What every extractor guarantees, on a CNN and on a vision transformer; a new word of the registry is held to it too.

A subject is a word of ``saliencekit explain --salience`` (captum's methods too) or a fusion of layers, and a network.
"""

import copy
import gc
import io
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from saliencekit.errors import ModelError, UsageError
from saliencekit.extractors import EXTRACTORS
from saliencekit.extractors.for_captum.methods import PREFIX
from saliencekit.extractors.making import make_extractor, salience_words

from .conftest import autocast, closed, deep, make_token_net, of_class_token, of_patches

ROOT = Path(__file__).parents[2]
CONTEXTS = (torch.enable_grad, torch.no_grad, torch.inference_mode, autocast)
NETWORKS = ("CNN, linear head", "CNN, deep head", "ViT")
# what is not defined, and the sentence that says so
UNDEFINED = {
    ("cam", "CNN, deep head"): "^CAM is not defined for this model",
    ("attention-rollout", "CNN, linear head"): "^attention-rollout needs a model in which every block attends",
    ("attention-rollout", "CNN, deep head"): "^attention-rollout needs a model in which every block attends",
    ("captum:GuidedGradCam", "ViT"): "^captum's GuidedGradCam cannot bring layer 'last' to the size of the images$",
    ("captum:LRP", "ViT"): "^captum's LRP cannot explain this model with these settings: Module of type .*LayerNorm",
}
FUSED = "grad-cam, fused"
DETACHED = ("eigen-cam", "score-cam", "attention-rollout")
TRAINED = ("cam", "grad-cam", "hires-cam", "layer-cam")
SUBJECTS = [(word, kind) for word in (*salience_words(), FUSED) for kind in NETWORKS if (word, kind) not in UNDEFINED]
ENTERED = [each for each in SUBJECTS if not each[0].startswith(PREFIX)]
CAPTUM = [each for each in SUBJECTS if each[0].startswith(PREFIX)]


def network(kind, word=""):
    torch.manual_seed(3)
    if kind == "ViT":
        net = make_token_net(of_patches if word == "cam" else of_class_token)
    else:
        from .conftest import Net

        net = Net(closed if "linear" in kind else deep)
        nn.init.normal_(net.norm.running_mean, std=0.1)
    return net.eval()


def made(word, net, layer="auto"):
    return make_extractor("grad-cam", net, "stem+last") if word == FUSED else make_extractor(word, net, layer)


def each_of(subjects):
    return pytest.mark.parametrize(("word", "kind"), subjects, ids=[", ".join(each) for each in subjects])


def close(found, expected, rtol=1e-4):
    torch.testing.assert_close(found, expected, rtol=rtol, atol=rtol * float(expected.abs().max()) + 1e-8)


@pytest.fixture
def outside(seen):
    """What a network, and what is global, looks like."""
    return lambda net: {**seen(net), "numpy": np.random.get_state()[1].tolist()}


# the registry


@pytest.mark.parametrize("word", salience_words())
def test_each_word_has_source_test_page_and_paper(word):
    if word.startswith(PREFIX):
        assert word.removeprefix(PREFIX) in (ROOT / "docs/extractors/captum.md").read_text(encoding="utf-8"), word
        return
    name = EXTRACTORS[word].__module__.rpartition(".")[2]
    for needed in (f"tests/extractors/test_{name}.py", f"docs/extractors/{word}.md"):
        assert (ROOT / needed).is_file(), f"{word} lacks {needed}"
    assert "References\n" in EXTRACTORS[word].__doc__
    page = (ROOT / f"docs/extractors/{word}.md").read_text(encoding="utf-8")
    assert "differentiable" in page or "trained on" in page or "detached" in page, (
        f"{word}: can its maps be trained on?"
    )


@each_of(list(UNDEFINED))
def test_what_is_not_defined_says_so(word, kind, images):
    with pytest.raises(ModelError, match=UNDEFINED[word, kind]) as caught:
        made(word, network(kind))(images, 1)
    assert ". " not in str(caught.value)


# nothing is left behind


@each_of(SUBJECTS)
def test_after_a_call_everything_is_as_before(word, kind, images, outside):
    for mode in ("eval", "train", "mixed", "frozen"):
        net = network(kind, word).train(mode in ("train", "mixed"))
        if mode == "mixed":
            net.norm.eval()
            net.stem.weight.requires_grad_(False)
        if mode == "frozen":
            net.requires_grad_(False)
        else:
            net(images).sum().backward()
        extract, given = made(word, net), images.clone()
        contexts = CONTEXTS if word in EXTRACTORS else CONTEXTS[:3:2]
        for context in contexts:
            with context():
                before = outside(net)
                for _ in range(2 if word in EXTRACTORS else 1):  # traced, then hooked
                    maps = extract(given, 1)
                    assert outside(net) == before, (mode, context)
            assert not any(each.requires_grad for each in (maps, extract.logits, given)), (mode, context)
            assert not maps.is_inference()
        assert torch.equal(given, images)
        assert given.grad is None


FAULTS = [(True, torch.enable_grad, IndexError), (False, torch.inference_mode, KeyboardInterrupt)]


@each_of(SUBJECTS)
def test_after_a_fault_in_the_model_everything_is_as_before(word, kind, images, outside):
    def fail(*_):
        calls.append(1)
        if len(calls) in failing:
            raise fault("in the model")

    faults = [(not mode, context, fault) for mode, context, fault in FAULTS] if word in EXTRACTORS else []
    for training, context, fault in (*FAULTS, *faults):
        net = network(kind, word).train(training)
        for place in ("stem", "last", "fc") if word in EXTRACTORS else ("last",):
            extract, calls, failing = made(word, net), [], set()
            handle = net.get_submodule(place).register_forward_hook(fail)
            extract(images, 1)
            forwards = len(calls)
            for each, number in ((made(word, net), 1), (extract, 1), (extract, forwards)):  # traced, hooked, the last
                failing = {number}
                calls.clear()
                with context():
                    before = outside(net)
                    with pytest.raises(fault, match=r"^in the model$"):
                        each(images, 1)
                    assert outside(net) == before
                if word in EXTRACTORS and number == 1:
                    calls.clear()
                    with context():
                        before, own = outside(net), {"state": 0, "buffers": 0, "random": 0}  # changed by the caller
                        with pytest.raises(fault, match=r"^in the model$"), each:
                            net(images)
                        assert {**outside(net), **own} == {**before, **own}
            handle.remove()
            assert extract(images, 1).isfinite().all()


@each_of(ENTERED)
def test_a_fault_in_the_callers_block_reaches_the_caller(word, kind, images, outside):
    net = network(kind, word)
    for context in CONTEXTS:
        with context():
            before = outside(net)
            with pytest.raises(IndexError, match=r"^mine$"), made(word, net) as extract:
                net(images)
                extract.maps(1)
                raise IndexError("mine")
            with pytest.raises(KeyboardInterrupt), made(word, net):
                net(images)
                raise KeyboardInterrupt
            assert outside(net) == before
    with pytest.raises(UsageError, match=r"^there is no forward to explain"):
        extract.maps()


@each_of(CAPTUM)
def test_captum_cannot_be_entered_and_leaves_the_fault_of_a_block_alone(word, kind, images, outside):
    net = network(kind)
    before = outside(net)
    with pytest.raises(UsageError, match="runs forwards of its own and cannot reuse yours"), made(word, net):
        pass
    with pytest.raises(IndexError, match=r"^mine$"):
        made(word, net)(images, 1)
        raise IndexError("mine")
    assert outside(net) == before


@each_of(SUBJECTS)
def test_the_network_can_be_copied_and_pickled_afterwards(word, kind, images):
    net = network(kind, word)
    if kind != "ViT":
        net.head = nn.Identity()  # functions are pickled by name
        net = nn.Sequential(net.stem, net.norm, net.act, net.last, nn.AdaptiveAvgPool2d(1), nn.Flatten(), net.fc)
        if word == FUSED:
            return  # has the same two modules under other names
    extract = made(word, net)
    expected = extract(images, 1)
    if word in EXTRACTORS:
        with extract:
            net(images)
            extract.maps(1)
    file = io.BytesIO()
    torch.save(net, file)
    file.seek(0)
    for again in (copy.deepcopy(net), torch.load(file, weights_only=False)):
        close(made(word, again)(images, 1), expected)


@each_of(SUBJECTS)
def test_memory_does_not_grow_over_200_constructions(word, kind, images, young):
    net, images = network(kind, word), images[:1, :, :6, :6]
    captum = word.startswith(PREFIX)
    for _ in range(2):
        made(word, net)(images, 1)
    with young() as objects:
        gc.disable()  # what is in a circle counts as left behind, but for captum's own
        for number in range(200):
            extract = made(word, net)
            if number % (100 if captum else 20) == 0:
                extract(images, 1)
            if number % 20 == 10 and not captum:
                with extract:
                    net(images)
                    extract.maps(1)
            del extract
        if captum:
            gc.collect()
        assert not [each for each in objects() if issubclass(type(each), torch.Tensor | nn.Module)]


# the same maps, however they are asked for


@each_of(SUBJECTS)
def test_a_batch_is_its_images_one_by_one_each_with_its_class(word, kind, images):
    net, target = network(kind, word), torch.tensor([2, 0, 1, 2])
    extract = made(word, net)
    maps = extract(images, target)
    assert torch.equal(extract.target, target)
    for index, cls in enumerate(target.tolist()):
        close(extract(images[index : index + 1], cls)[0], maps[index])
    close(made(word, net)(images, "label", labels=target), maps)
    predicted = extract(images)
    assert torch.equal(extract.target, net(images).argmax(1))
    close(predicted, extract(images, extract.target))


@each_of(SUBJECTS)
def test_channels_last_is_the_same(word, kind, images):
    net = network(kind, word)
    expected = made(word, net)(images, 1)
    laid_out = images.contiguous(memory_format=torch.channels_last)
    close(made(word, net)(laid_out, 1), expected)
    close(made(word, net.to(memory_format=torch.channels_last))(laid_out, 1), expected)


@each_of(SUBJECTS)
def test_the_same_in_every_context_frozen_and_narrow(word, kind, images):
    net = network(kind, word)
    expected = made(word, net)(images, 1)
    for frozen in (False, True):
        net.requires_grad_(not frozen)
        extract = made(word, net)
        for context in CONTEXTS:
            with context():
                found = [extract(images.clone(), 1)]
                if not word.startswith(PREFIX):
                    with extract:
                        net(images.clone())
                        found.append(extract.maps(1).detach())
            for maps in found:
                assert maps.dtype == torch.float32
                tolerance = 0.2 if context is autocast else 1e-4
                assert (maps - expected).norm() <= tolerance * expected.norm() + 1e-8, (frozen, context)


@each_of(SUBJECTS)
def test_in_train_mode_it_is_the_map_of_that_mode(word, kind, images):
    """A call repeats itself if the random state does, and is not that of eval mode."""
    net = network(kind, word)
    settled = made(word, net)(images, 1)
    net.train()
    torch.manual_seed(1)
    first = made(word, net)(images, 1)
    torch.manual_seed(1)
    close(made(word, net)(images, 1), first)
    assert not torch.allclose(first, settled)


def test_every_two_at_once_in_either_order(images, outside):
    """As plain objects, in blocks, and one called in the other's block; fresh ones, so that both look for the layer."""
    for kind in NETWORKS:
        words = [word for word, other in ENTERED if other == kind and (word, kind) != ("cam", "ViT")]
        net = network(kind)
        expected = {word: made(word, net)(images, 1) for word in words}
        for pair in permutations(words, 2):
            one, two = (made(word, net) for word in pair)
            for extract, word in ((one, pair[0]), (two, pair[1]), (one, pair[0])):
                close(extract(images, 1), expected[word])
            for context in CONTEXTS[:3]:
                one, two = (made(word, net) for word in pair)
                with context(), one, two:
                    before = outside(net)
                    for _ in range(2):  # traced, then hooked
                        net(images.clone())
                        assert outside(net) == before, (pair, context)
                        for extract, word in ((one, pair[0]), (two, pair[1])):
                            close(extract.maps(1).detach(), expected[word])
                    close(two(images, 1), expected[pair[1]])
                    close(one.maps(1).detach(), expected[pair[0]])


@pytest.mark.parametrize("layer", ["stem", "last"])
@pytest.mark.parametrize("context", CONTEXTS[:3])
def test_two_at_once_where_a_layer_writes_in_place(context, layer, images):
    """Whatever one begins a graph with, the other keeps the tensor that the network goes on with."""
    words = [word for word in EXTRACTORS if word != "attention-rollout"]
    heads = {
        "pooling": lambda net, x: net.fc(x.relu_().mean((2, 3))),
        "convolution": lambda net, x: F.conv2d(x.relu_(), net.fc.weight[:, :, None, None], net.fc.bias).mean((2, 3)),
        "deep": lambda net, x: net.fc(x.relu_().mean((2, 3)).tanh()),
    }
    for name, head in heads.items():
        net = network("CNN, linear head")
        net.head = head
        some = words if name == "pooling" else words[1:]
        expected = {(word, place): made(word, net, place)(images, 1) for word in some for place in ("auto", layer)
                    if (word, place) != ("cam", "stem")}  # fmt: skip
        for one, two in permutations(expected, 2):
            if one[1] == two[1] == layer:
                continue
            first, second = made(one[0], net, one[1]), made(two[0], net, two[1])
            with context(), first, second:
                net(images.clone())
                close(first.maps(1).detach(), expected[one])
                close(second.maps(1).detach(), expected[two])


@each_of(CAPTUM)
def test_captum_beside_another(word, kind, images):
    net = network(kind)
    own, other = made(word, net), made("grad-cam", net)
    expected = own(images, 1), other(images, 1)
    with other:
        net(images)
        close(own(images, 1), expected[0])
        close(other.maps(1).detach(), expected[1])


@each_of(ENTERED)
def test_maps_of_a_block_can_be_trained_on_or_are_detached(word, kind, images):
    net = network(kind, word)
    with made(word, net) as extract:
        net(images)
        maps = extract.maps(1)
    if word in DETACHED:
        assert not maps.requires_grad
        return
    assert maps.requires_grad
    maps.square().sum().backward()
    trained = {name for name, each in net.named_parameters() if each.grad is not None and each.grad.abs().max() > 0}
    assert "stem.weight" in trained
    assert word not in TRAINED or "fc.weight" in trained


# whatever the model is wrapped in


class Wrapped(nn.Module):
    """A network that is given, or gives, more than one thing."""

    def __init__(self, net, call):
        super().__init__()
        self.net, self.call = net, call

    def forward(self, *given):
        return self.call(self.net, *given)


RETURNS = {
    "tuple": (lambda net, x: (net(x), x.mean((2, 3))), 0),
    "dict": (lambda net, x: {"features": x.mean((2, 3)), "logits": net(x)}, None),
    "several from one head": (lambda net, x: {"logits": net(x), "doubled": net.fc.weight.sum() + 0 * x}, "logits"),
}


@each_of(SUBJECTS)
def test_whatever_the_model_returns_and_is_wrapped_in(word, kind, images, tmp_path):
    net = network(kind, word)
    expected = made(word, net)(images, 1)
    layer = "stem+last" if word == FUSED else "auto"
    extractor = "grad-cam" if word == FUSED else word
    for call, output in RETURNS.values():
        inner = "net.stem+net.last" if word == FUSED else "auto"
        close(make_extractor(extractor, Wrapped(net, call), inner, output=output)(images, 1), expected)
    inner = "1.stem+1.last" if word == FUSED else "auto"
    close(make_extractor(extractor, nn.Sequential(nn.Identity(), net), inner)(images, 1), expected)
    close(make_extractor(extractor, torch.fx.symbolic_trace(net), layer)(images, 1), expected)
    close(make_extractor(extractor, nn.DataParallel(net), layer)(images, 1), expected)
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        parallel = nn.parallel.DistributedDataParallel(net)
        close(make_extractor(extractor, parallel, layer)(images, 1), expected)
    finally:
        torch.distributed.destroy_process_group()


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize(
    "compiled_of", [lambda net: torch.compile(net, backend="eager"), lambda net: net.compile(backend="eager") or net]
)
def test_compiled_before_and_after_the_first_call(compiled_of, kind, images):
    words = [word for word, other in SUBJECTS if other == kind and (word, kind) != ("cam", "ViT")]
    net = network(kind)
    expected = {word: made(word, net)(images, 1) for word in words}
    compiled = compiled_of(net)
    try:
        early = {word: made(word, compiled) for word in words}
        for word in words:
            close(early[word](images, 1), expected[word])
        logits = compiled(images)
        for word in words:
            for extract in (early[word], made(word, compiled)):
                close(extract(images, 1), expected[word])
                if not word.startswith(PREFIX):
                    with extract:
                        compiled(images)
                        close(extract.maps(1).detach(), expected[word])
        torch.testing.assert_close(compiled(images), logits)
    finally:
        torch.compiler.reset()


@each_of(SUBJECTS)
def test_images_of_one_and_four_channels_and_any_shape(word, kind):
    for channels in (1, 4):
        net = network(kind, word)
        net.stem = nn.Conv2d(channels, net.stem.out_channels, 3, padding=1, stride=net.stem.stride)
        extract = made(word, net)
        for size in ((8, 14), (14, 8)):
            maps = extract(torch.rand(2, channels, *size), 1)
            cells = (
                size if word.startswith(PREFIX) or (word == FUSED and kind != "ViT") else (size[0] // 2, size[1] // 2)
            )
            assert maps.shape == (2, *cells)
            assert maps.isfinite().all()
