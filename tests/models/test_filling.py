import pytest
import torch
from torch import nn

from saliencekit.errors import ModelError
from saliencekit.models.filling import filled
from saliencekit.models.fit import fit
from saliencekit.models.recognise import identify, shapes_of
from saliencekit.models.spec import parse_spec

SMALL = parse_spec("saliencekit:small-cnn?width=2")


def test_the_weights_are_taken_over_exactly_and_the_input_is_left_alone(small: nn.Module) -> None:
    state = small.state_dict()
    kept = {name: tensor.clone() for name, tensor in state.items()}
    model = filled(*identify(state))
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            assert torch.equal(tensor, kept[name])
    assert not any(tensor.is_meta for tensor in model.state_dict().values())


def test_two_names_of_one_weight_become_two_weights(small: nn.Module) -> None:
    state = small.state_dict()
    state["features.2.1.weight"] = state["features.2.1.bias"]
    norm = filled(*identify(state)).features[2][1]
    with torch.no_grad():
        norm.weight.add_(1)
    assert torch.equal(norm.weight, norm.bias + 1)


def test_what_may_be_missing_is_initial_and_the_same_each_time(small: nn.Module) -> None:
    state = {name: tensor for name, tensor in small.state_dict().items() if not name.startswith("head.")}
    found = fit(SMALL, shapes_of(state), allow_missing=["head.*"])
    before = torch.get_rng_state()
    first, second = filled(found, state, 5), filled(found, state, 5)
    assert first.head.out_features == 5
    assert torch.equal(first.head.weight, second.head.weight)
    assert first.head.weight.std() > 0
    assert torch.equal(torch.get_rng_state(), before)


def test_a_weight_that_is_not_finite_stops(small: nn.Module) -> None:
    state = small.state_dict()
    state["head.bias"][0] = float("-inf")
    with pytest.raises(ModelError, match=r"head.bias is not finite in 1 of 2 numbers"):
        filled(*identify(state))
