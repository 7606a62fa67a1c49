import warnings

import pytest
import torch
from torch import nn

from saliencekit.errors import ModelError
from saliencekit.models.weights import candidates, ready_weight, whole_network

W = torch.ones(2, 2)


def test_finds_weights_at_every_place() -> None:
    content = {"a.weight": W, "model": {"b.weight": W}, "deep": {"er": {"net": {"c.weight": W}}}, "epoch": 3}
    assert {place: list(state) for place, state in candidates(content).items()} == {
        "": ["a.weight"],
        "model": ["b.weight"],
        "deep.er.net": ["c.weight"],
    }


@pytest.mark.parametrize(
    "content",
    [
        {"optimizer": {"state": {0: {"exp_avg": W}}}, "optimizer_states": {"x": W}, "lr_scheduler": {"x": W}},
        {"loss_weight": {"weight": torch.ones(3)}},
        {"list": [{"a.weight": W}]},
        {0: W},
        [W],
        W,
        None,
        {},
    ],
)
def test_what_is_no_network_is_passed_over(content: object) -> None:
    assert candidates(content) == {}


def test_too_deep_and_endless_content_ends() -> None:
    endless: dict[str, object] = {}
    endless["again"] = endless
    assert candidates(endless) == {}
    assert candidates({"1": {"2": {"3": {"4": {"5": {"a": W}}}}}}) == {}


def test_whole_networks_are_found_one_level_down() -> None:
    layer = nn.Linear(2, 2)
    assert whole_network(layer) is layer
    assert whole_network({"model": layer, "epoch": 1}) is layer
    assert whole_network({"model": {"a": W}}) is None
    assert whole_network(W) is None
    with pytest.raises(ModelError, match=r"several networks \(a, b\)"):
        whole_network({"a": layer, "b": layer})


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64, torch.float8_e4m3fn])
def test_fractions_become_float32(kind: torch.dtype) -> None:
    ready = ready_weight("w", torch.tensor([0.5, -2.0]).to(kind))
    assert ready.dtype == torch.float32
    assert ready.tolist() == [0.5, -2.0]


def test_the_weight_stands_alone() -> None:
    base = torch.arange(6.0)
    for view in (base[:3], base.view(2, 3).T, torch.ones(1).expand(5), nn.Parameter(base)[1:]):
        ready = ready_weight("w", view)
        assert ready.is_contiguous()
        assert ready.untyped_storage().nbytes() == 4 * ready.numel()
        assert not ready.requires_grad
        assert torch.equal(ready, view)


def test_counters_stay_whole_numbers() -> None:
    assert ready_weight("n", torch.tensor(3, dtype=torch.int32), integer=True).dtype == torch.int64


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        (torch.tensor([1.0, float("nan"), float("inf")]), "weight w is not finite in 2 of 3 numbers"),
        (torch.tensor([1], dtype=torch.int8), "stored as int8, as if quantised"),
        (torch.ones(2, 2).to_sparse(), "is sparse"),
        (torch.ones(2, dtype=torch.complex64), "is complex"),
        (torch.ones(2, device="meta"), "is without data"),
    ],
)
def test_what_cannot_be_a_weight_is_refused(tensor: torch.Tensor, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        ready_weight("w", tensor)


def test_quantised_weights_are_refused() -> None:
    with warnings.catch_warnings(action="ignore"):  # newer torch calls quantised tensors deprecated
        tensor = torch.quantize_per_tensor(W, 0.1, 0, torch.qint8)
    with pytest.raises(ModelError, match="weight w is quantised: save the network in float32"):
        ready_weight("w", tensor)
