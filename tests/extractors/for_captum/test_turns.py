import pytest
import torch
from torch import nn
from torch.nn import functional as F

from saliencekit.extractors.for_captum.turns import (
    Functions,
    Turns,
    inputs_of_their_own,
    nonlinear,
    out_of_place,
    take_turns,
)


def test_each_copy_has_its_turn():
    turns, seen = Turns(nn.ReLU(), 3), []
    for number, each in enumerate(turns.each):
        each.register_forward_hook(lambda *_, number=number: seen.append(number))
    for _ in range(7):
        turns(torch.ones(1))
    assert seen == [0, 1, 2, 0, 1, 2, 0]


@pytest.mark.parametrize(
    ("call", "module"),
    [
        (F.relu, nn.ReLU),
        (torch.relu, nn.ReLU),
        (lambda x: x.relu(), nn.ReLU),
        (lambda x: F.relu(input=x), nn.ReLU),
        (torch.sigmoid, nn.Sigmoid),
        (lambda x: x.tanh(), nn.Tanh),
        (F.tanh, nn.Tanh),
    ],
)
def test_functions_are_counted_and_given_to_modules(call, module):
    functions = Functions()
    with functions:
        call(torch.ones(2))
    assert dict(functions.calls) == {module: 1}
    assert not functions.in_place
    functions.pools, seen = {module: Turns(module(), 1)}, []
    functions.pools[module].each[0].register_forward_hook(lambda *_: seen.append(1))
    with functions:
        found = call(torch.tensor([-1.0, 2.0]))
    assert seen == [1]
    torch.testing.assert_close(found, call(torch.tensor([-1.0, 2.0])))


@pytest.mark.parametrize("call", [torch.relu_, lambda x: F.relu(x, True), lambda x: F.relu(x, inplace=True)])
def test_what_writes_in_place_is_noticed(call):
    functions = Functions()
    with functions:
        call(torch.ones(2))
    assert functions.in_place


def test_what_a_module_calls_is_the_modules():
    functions, net = Functions(), nn.Sequential(nn.ReLU(), nn.Sigmoid())
    handles = functions.watch(net)
    with functions:
        net(torch.ones(2))
        torch.relu(torch.ones(2))
    assert dict(functions.calls) == {nn.ReLU: 1}
    assert len(handles) == 4


def test_modules_used_several_times_are_replaced_wherever_they_are():
    relu = nn.ReLU(inplace=True)
    net = nn.Sequential(relu, nn.Sequential(nn.Linear(2, 2), relu), nn.Tanh())
    assert out_of_place(net)
    assert not out_of_place(net)
    take_turns(net, {relu: 2, net[2]: 1})
    assert net[0] is net[1][1]
    assert isinstance(net[0], Turns)
    assert isinstance(net[2], nn.Tanh)
    assert len(nonlinear(net)) == 3


def test_a_modules_input_is_a_copy():
    net, given = nn.ReLU(), []
    net.register_forward_pre_hook(lambda _, args: given.append(args[0]))
    inputs_of_their_own(net)
    x = torch.ones(2)
    net(x)
    assert torch.equal(given[0], x)
    assert given[0].data_ptr() != x.data_ptr()
