import torch
import torchvision
from torch import nn

from saliencekit.models.skeleton import is_counter, seeded, skeleton, weightless
from saliencekit.models.spec import parse_spec


def test_shapes_are_those_of_the_real_network() -> None:
    frame = skeleton(parse_spec("resnet18"))
    real = torchvision.models.resnet18(num_classes=1013).state_dict()
    assert dict(frame.shapes) == {name: tuple(tensor.shape) for name, tensor in real.items()}
    assert frame.classes == ("fc.weight", "fc.bias")
    assert frame.stem == "conv1.weight"
    assert frame.integers == {name for name in real if name.endswith("num_batches_tracked")}


def test_auxiliary_heads_depend_on_the_classes_too() -> None:
    assert skeleton(parse_spec("googlenet")).classes == (
        *("aux1.fc2.weight", "aux1.fc2.bias", "aux2.fc2.weight", "aux2.fc2.bias"),
        *("fc.weight", "fc.bias"),
    )


def test_weightless_takes_no_memory_draws_nothing_and_keeps_arithmetic() -> None:
    before = torch.get_rng_state()
    with weightless():
        layer = nn.Linear(10**6, 10**6)
        widths = torch.arange(3).tolist()
    assert layer.weight.is_meta
    assert widths == [0, 1, 2]
    assert torch.equal(torch.get_rng_state(), before)
    assert not nn.Linear(2, 2).weight.is_meta


def test_seeded_gives_the_same_weights_and_puts_the_generator_back() -> None:
    before = torch.get_rng_state()
    drawn = []
    for _ in range(2):
        with seeded():
            drawn.append(torch.rand(3))
    assert torch.equal(drawn[0], drawn[1])
    assert torch.equal(torch.get_rng_state(), before)


def test_callables_without_num_classes_have_fixed_shapes() -> None:
    frame = skeleton(parse_spec("torch.nn:Linear?in_features=3&out_features=2"))
    assert dict(frame.shapes) == {"weight": (2, 3), "bias": (2,)}
    assert frame.classes == ()
    assert frame.stem is None


def test_a_counter_is_told_by_its_last_name() -> None:
    assert is_counter("num_batches_tracked")
    assert not is_counter("num_batches_tracked.weight")
