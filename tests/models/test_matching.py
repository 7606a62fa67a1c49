import pytest
import torch
from torch import nn

from saliencekit.errors import ModelError, UsageError
from saliencekit.models import SmallCNN
from saliencekit.models.matching import match

ARCH = "saliencekit:small-cnn"
W = torch.ones(2, 2)


@pytest.mark.parametrize("arch", [None, ARCH])
@pytest.mark.parametrize(
    "wrapping", ["state_dict", "model", "model_state_dict", "net", "params", "network", "ema", "generator.module"]
)
def test_weights_are_found_under_any_name(small: nn.Module, wrapping: str, arch: str | None) -> None:
    content: object = small.state_dict()
    for name in reversed(wrapping.split(".")):
        content = {name: content, "epoch": 3}
    found, state = match(content, arch)
    assert str(found.spec) == "saliencekit:small-cnn?width=2"
    assert torch.equal(state["head.weight"], small.head.weight)


def test_optimizer_and_stray_tensors_do_not_disturb(small: nn.Module) -> None:
    content = {
        "model": small.state_dict(),
        "centers": W,
        "optimizer": {"state": {0: {"exp_avg": W}}},
        "extra": {"queue": W},
    }
    assert match(content, None)[0].good


def test_several_networks_are_named_and_one_can_be_chosen(small: nn.Module) -> None:
    content = {"model": small.state_dict(), "model_ema": SmallCNN(width=4).state_dict()}
    with pytest.raises(ModelError, match=r"several networks, at model, model_ema: choose one with --key \(key=\)"):
        match(content, None)
    assert match(content, None, key="model_ema")[0].spec.option("width", 0) == 4
    with pytest.raises(UsageError, match="unknown key 'ema': the file holds weights at model, model_ema"):
        match(content, None, key="ema")


def test_the_architecture_decides_between_several(small: nn.Module) -> None:
    content = {"generator": {"g.weight": W}, "discriminator": small.state_dict()}
    assert match(content, ARCH)[0].num_classes == 2
    assert match(content, "torch.nn:Linear?in_features=2&out_features=2&bias=false", key="generator")[0].good


@pytest.mark.parametrize("content", [{}, {"a": 1}, W, [W], {"bias": torch.ones(3)}])
def test_no_weights_are_said(content: object) -> None:
    with pytest.raises(ModelError, match="holds no weights: expected tensors by name"):
        match(content, None)


def test_none_that_fits_is_said_with_the_places(small: nn.Module) -> None:
    with pytest.raises(ModelError, match="of the weights at a, b none can be used; at a: the weights do not fit"):
        match({"a": {"x.weight": W}, "b": {"y.weight": W}}, ARCH)


def test_what_does_not_fit_the_architecture_is_named(small: nn.Module) -> None:
    state = small.state_dict()
    del state["head.bias"]
    state["extra.weight"] = W
    with pytest.raises(ModelError, match=r"do not fit .*width=2: missing head.bias; unexpected extra.weight; --allow"):
        match({"module." + name: tensor for name, tensor in state.items()}, ARCH)


def test_an_exact_architecture_is_not_adapted(small: nn.Module) -> None:
    with pytest.raises(ModelError, match="do not fit saliencekit:small-cnn: of another shape"):
        match(small.state_dict(), ARCH, exact=True)


def test_names_of_the_users_own_network_are_kept_where_they_fit(user_networks: str) -> None:
    found, _ = match({"0.weight": W, "0.bias": W[0]}, f"{user_networks}:wrapped")
    assert found.good
    inner = {"model.0.weight": W, "model.0.bias": W[0]}
    assert match(inner, f"{user_networks}:wrapped")[0].good
    named = {"model.weight": W, "model.bias": W[0]}
    assert match(named, f"{user_networks}:Named")[0].names["model.weight"] == "model.weight"
