"""Networks that cannot be explained: one sentence of the command line each, with the code of a model at fault."""

import pytest
import torch

import saliencekit.cli.audit
import saliencekit.cli.explain
import saliencekit.cli.layers  # noqa: F401

NETWORKS = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.act = nn.Conv2d(3, 4, 3), nn.ReLU()
        self.last, self.idle, self.fc = nn.Conv2d(4, 4, 3), nn.Conv2d(4, 4, 3), nn.Linear(4, 2)

    def features(self, x):
        return self.act(self.last(self.act(self.stem(x))))

    def forward(self, x):
        return self.fc(self.features(x).mean((2, 3)))


class Detached(Net):
    def forward(self, x):
        return self.fc(self.features(x).mean((2, 3)).detach().tanh())


class Silent(Net):
    def forward(self, x):
        super().forward(x)


class Several(Net):
    def forward(self, x):
        pooled = self.features(x).mean((2, 3))
        return pooled, self.fc(pooled)


class Unpooled(Net):
    def forward(self, x):
        return self.features(x)


class Fault(Exception):
    pass


class Failing(Net):
    def forward(self, x):
        raise Fault("mine\\nwith a second line")


class Squeezed(Net):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 1)

    def forward(self, x):
        return self.fc(self.features(x).mean((2, 3)).tanh()).squeeze()


class Flat(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3 * 16 * 16, 2)

    def forward(self, x):
        return self.fc(x.flatten(1))
"""
NO_LOGITS = "expected the model to return logits of shape (N, K), got "
AT_FAULT = {
    "no spatial layer": ("Flat", "the model has no spatial layer: no module of it gives maps of shape"),
    "nothing returned": ("Silent", f"{NO_LOGITS}NoneType"),
    "maps returned": ("Unpooled", NO_LOGITS),
    "several tensors": ("Several", "the model returns tuple: pass output= one of 0 ("),
    "a fault of its own": ("Failing", "the network failed on images of (C, H, W) = (3, 16, 16): Fault: mine"),
}
CASES = {
    **{case: (name, (), 3, sentence) for case, (name, sentence) in AT_FAULT.items()},
    "unknown layer": ("Net", ("--layer", "lats"), 3, "the model has no layer 'lats'; nearest: last"),
    "unknown among several": ("Net", ("--layer", "stem+atc"), 3, "the model has no layer 'atc'; nearest: act"),
    "never called": ("Net", ("--layer", "idle"), 3, "layer 'idle' did not run when the model did: name another layer"),
    "called twice": ("Net", ("--layer", "act"), 3, "layer 'act' ran 2 times in one forward, so which maps to explain"),
    "no maps": ("Net", ("--layer", "fc"), 3, "expected layer 'fc' to give maps of shape (N, C, h, w) or tokens"),
    "target out of range": ("Net", ("--target", "2"), 3, "expected `target` from 0 to 1, got 2"),
    "no gradient": ("Detached", (), 3, "the gradient of the logits does not reach layer 'act"),
    "no CAM": ("Detached", ("--salience", "cam"), 3, "CAM is not defined for this model"),
    "no attention": ("Net", ("--salience", "attention-rollout"), 3, "attention-rollout needs a model in which every"),
    "a layer for all blocks": (
        "Net", ("--salience", "attention-rollout", "--layer", "last"), 2, "attention-rollout takes the attention of",
    ),
}  # fmt: skip


@pytest.fixture
def saved(tmp_path, monkeypatch):
    """Write the weights of a network, and return what names it on a command line."""
    (tmp_path / "faulty_networks.py").write_text(NETWORKS, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    def save(name, weight=None):
        import faulty_networks

        torch.manual_seed(0)
        net = getattr(faulty_networks, name)()
        if weight is not None:
            net.stem.weight.data.fill_(weight)
        torch.save(net.state_dict(), tmp_path / "net.pt")
        return tmp_path / "net.pt", "--arch", f"faulty_networks:{name}"

    yield save
    monkeypatch.delitem(__import__("sys").modules, "faulty_networks", raising=False)


@pytest.fixture
def faulty(run, images, saved, tmp_path):
    def explain(name, *words, weight=None):
        settings = ("--image-size", "16", "--output", tmp_path / "out", "--quiet")
        return run("explain", *saved(name, weight), *settings, *words, "--", images)

    return explain


@pytest.mark.parametrize("case", CASES)
def test_one_sentence_and_the_code(case, faulty, tmp_path):
    name, words, code, sentence = CASES[case]
    got, out, err = faulty(name, *words)
    assert (got, out) == (code, ""), err
    assert sentence in err
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert not (tmp_path / "out" / "predictions.json").exists()


@pytest.mark.parametrize("case", AT_FAULT)
@pytest.mark.parametrize("command", ["layers", "audit"])
def test_other_commands_say_the_same(command, case, run, images, saved, tmp_path):
    name, sentence = AT_FAULT[case]
    words = {
        "layers": ("--size", "16"),
        "audit": ("--data", images, "--image-size", "16", "--output", tmp_path / "out", "--quiet"),
    }[command]
    got, out, err = run(command, *saved(name), *words)
    assert (got, out) == (3, ""), err
    assert sentence in err
    assert err.count("\n") == 1


def test_one_logit_without_an_axis_is_explained_also_of_one_image(faulty):
    code, out, err = faulty("Squeezed", "--batch-size", "1")
    assert (code, err) == (0, "")
    assert "4 explained" in out


@pytest.mark.parametrize(
    ("weight", "sentence"),
    [
        (float("nan"), "the weight stem.weight is not finite in 108 of 108 numbers"),
        (3e38, "no logits and map of the model are finite numbers: look for NaN or infinity in its weights and images"),
    ],
)
def test_numbers_that_are_none(weight, sentence, faulty):
    got, out, err = faulty("Net", weight=weight)
    assert (got, out) == (3, "")
    assert sentence in err
    assert err.count("\n") == 1
