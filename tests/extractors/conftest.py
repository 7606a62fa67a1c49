"""Small networks whose maps are known, and what a network looks like from outside."""

import copy
import gc
from contextlib import contextmanager

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from saliencekit.extractors import CAM, EXTRACTORS, AttentionRollout


@pytest.fixture(autouse=True)
def _seeded():
    """What a test draws does not depend on the tests before it."""
    torch.manual_seed(0)


class Net(nn.Module):
    """Two convolutions, then `head` on the features: pooling and linear layer in any of the ways people write."""

    def __init__(self, head, *, classes=3, inplace=False, channels=3):
        super().__init__()
        self.stem = nn.Conv2d(channels, 5, 3, padding=1)
        self.norm = nn.BatchNorm2d(5)
        self.act = nn.ReLU(inplace=inplace)
        self.last = nn.Conv2d(5, 8, 3, stride=2, padding=1)
        self.head = head
        self.fc = nn.Linear(8, classes)

    def forward(self, images):
        return self.head(self, self.last(self.act(self.norm(self.stem(images)))))


def closed(net, x):
    """Global average pooling and a linear layer."""
    return net.fc(x.relu().mean((2, 3)))


def deep(net, x):
    """A head of two layers: only gradients tell."""
    return net.fc(torch.tanh(F.adaptive_avg_pool2d(x, 1).flatten(1) * 3))


class TokenNet(nn.Module):
    """A vision transformer of two blocks, whose last attention is given `last`; `head` reads the tokens."""

    def __init__(self, head, *, classes=3):
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8)
        self.token = nn.Parameter(torch.randn(1, 1, 8))
        self.first, self.last = nn.LayerNorm(8), nn.LayerNorm(8)
        self.attend = nn.MultiheadAttention(8, 2, batch_first=True)
        self.again = nn.MultiheadAttention(8, 2, batch_first=True)
        self.drop, self.head = nn.Dropout(0.1), head
        self.fc = nn.Linear(8, classes)

    def forward(self, images):
        patches = self.norm(self.stem(images)).relu().flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(images.shape[0], -1, -1), patches], 1)
        y = self.first(x)
        x = x + self.drop(self.attend(y, y, y, need_weights=False)[0])
        y = self.last(x)
        return self.head(self, x + self.drop(self.again(y, y, y, need_weights=False)[0]))


def of_class_token(net, x):
    return net.fc(x[:, 0])


def of_patches(net, x):
    return net.fc(F.dropout(x[:, 1:].mean(1), 0.5, net.training))


def make_token_net(head=of_class_token, *, seed=0, **settings):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = TokenNet(head, **settings)
        nn.init.normal_(net.norm.running_mean, std=0.1)
        for each in (net.attend.in_proj_bias, net.again.in_proj_bias):
            nn.init.normal_(each)
        nn.init.uniform_(net.last.bias, 2, 3)  # so that channels do not cancel over the tokens
    return net.eval()


@pytest.fixture
def token_net():
    return make_token_net


@pytest.fixture
def make_net():
    def make(head=closed, *, seed=0, **settings):
        torch.manual_seed(seed)
        net = Net(head, **settings)
        nn.init.normal_(net.norm.running_mean, std=0.1)
        return net.eval()

    return make


@pytest.fixture
def images():
    return torch.rand(4, 3, 9, 11, generator=torch.Generator().manual_seed(7))


@pytest.fixture(params=[closed, deep], ids=["linear head", "deep head"])
def net(request, make_net):
    return make_net(request.param)


@pytest.fixture(params=sorted(set(EXTRACTORS) - {AttentionRollout.word}))
def extractor(request):
    """An extractor that explains one layer."""
    return EXTRACTORS[request.param]


PAIRS = {
    f"{word}, {kind}": (word, kind)
    for word in sorted(EXTRACTORS)
    for kind in (["transformer"] if word == AttentionRollout.word else ["linear head", "deep head", "transformer"])
}


@pytest.fixture(params=PAIRS.values(), ids=list(PAIRS))
def pair(request, make_net):
    """An extractor and a network that it can explain: a CNN, or a transformer."""
    extractor, kind = EXTRACTORS[request.param[0]], request.param[1]
    if kind == "transformer":
        return extractor, make_token_net(of_patches if extractor is CAM else of_class_token)
    net = make_net(closed if kind == "linear head" else deep)
    if extractor is CAM and kind == "deep head":  # another head in its stead, with dropout and an in-place layer
        net.head = lambda net, x: net.fc(F.dropout(x.relu_().mean((2, 3)), 0.5, net.training))
    return extractor, net


@pytest.fixture
def place():
    """Return what an extractor names as its layer, on any network of `pair`."""
    return lambda extractor: "again" if extractor is AttentionRollout else "last"


@pytest.fixture
def young():
    """A block in which the collector sees only what is made in it, and is quick."""

    @contextmanager
    def block():
        gc.freeze()
        try:
            yield gc.get_objects
        finally:
            gc.enable()
            gc.unfreeze()

    return block


def autocast():
    return torch.autocast("cpu", torch.bfloat16)


@pytest.fixture(
    params=[torch.enable_grad, torch.no_grad, torch.inference_mode, autocast], ids=lambda each: each.__name__
)
def context(request):
    return request.param


@pytest.fixture
def seen():
    """What an extractor must leave alone, as plain values."""

    def look(model):
        hooks = [
            name
            for name, module in model.named_modules()
            for group in (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks)
            for _ in group
        ]
        return {
            "mode": {name: module.training for name, module in model.named_modules()},
            "requires_grad": {name: each.requires_grad for name, each in model.named_parameters()},
            "grad": {
                name: None if each.grad is None else each.grad.tolist() for name, each in model.named_parameters()
            },
            "state": {name: each.tolist() for name, each in model.state_dict().items()},
            "buffers": {name: (id(each), each._version) for name, each in model.named_buffers()},
            "hooks": hooks,
            "attributes": {name: sorted(vars(module)) for name, module in model.named_modules()},
            "random": torch.get_rng_state().tolist(),
            "autocast": (torch.is_autocast_enabled("cpu"), torch.is_autocast_cache_enabled()),
            "recording": (torch.is_grad_enabled(), torch.is_inference_mode_enabled()),
            "functions": torch._C._len_torch_function_stack(),
            "kernels": (torch.backends.cuda.flash_sdp_enabled(), torch.backends.cuda.mem_efficient_sdp_enabled()),
        }

    return look


@pytest.fixture
def reference():
    """Grad-CAM by the book: everything recorded, on a copy, the gradient of one image at a time."""

    def compute(model, images, target, layer, *, relu=True):
        model = copy.deepcopy(model)
        kept = {}
        handle = model.get_submodule(layer).register_forward_hook(lambda _, __, out: kept.update(out=out))
        maps = []
        for index, image in enumerate(images):
            with torch.enable_grad():
                logits = model(image[None].clone())
                one = (
                    logits[0, 0] * (1 if target[index] == 1 else -1)
                    if logits.shape[1] == 1
                    else logits[0, target[index]]
                )
                gradient = torch.autograd.grad(one, kept["out"])[0]
            maps.append((gradient.mean((2, 3), keepdim=True) * kept["out"]).sum(1)[0].detach())
        handle.remove()
        return torch.stack(maps).relu() if relu else torch.stack(maps)

    return compute


def textbook_nets():
    """Every kind of head, behind the ReLU that is layer "1"."""
    stem = [nn.Conv2d(3, 6, 3), nn.ReLU()]
    pool = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return {
        "linear": [*stem, *pool, nn.Linear(6, 3)],
        "rectified": [*stem, nn.Conv2d(6, 3, 1), nn.ReLU(), *pool],
        "flat": [*stem, nn.Flatten(), nn.Linear(6 * 20, 3)],
        "deep": [*stem, nn.Flatten(), nn.Linear(6 * 20, 5), nn.ReLU(), nn.Linear(5, 3)],
        "one logit": [*stem, *pool, nn.Linear(6, 1)],
        "one rectified logit": [*stem, nn.Conv2d(6, 1, 1), nn.ReLU(), *pool],
    }


@pytest.fixture(params=["linear", "rectified", "flat", "deep", "one logit", "one rectified logit"])
def book(request):
    """A network, images and classes, and for each image the features and gradients of its own backward, as lists."""
    torch.manual_seed(2)
    net = nn.Sequential(*textbook_nets()[request.param]).double().eval()
    images, target = torch.randn(3, 3, 6, 7).double(), torch.tensor([0, 1, 1])
    found = []
    for image, index in zip(images, target, strict=True):
        features = net[:2](image[None]).detach().requires_grad_()
        logits = net[2:](features)
        score = logits[0, index] if logits.shape[1] > 1 else logits[0, 0] * (1 if index == 1 else -1)
        gradients = torch.autograd.grad(score, features)[0]
        found.append((features[0].detach(), gradients[0]))
    return net, images, target, found
