import torch

from saliencekit.models.state_dict import modern_name, readings

T = torch.zeros(1)


def _names(state: dict[str, torch.Tensor]) -> list[list[str]]:
    return [list(reading) for reading in readings(state)]


def test_shared_prefixes_come_off_one_by_one() -> None:
    assert _names({"model.module.a.weight": T, "model.module.b.weight": T}) == [
        ["model.module.a.weight", "model.module.b.weight"],
        ["module.a.weight", "module.b.weight"],
        ["a.weight", "b.weight"],
    ]


def test_a_prefix_of_some_names_stays() -> None:
    assert _names({"model.a": T, "b": T}) == [["model.a", "b"]]
    assert _names({"weight": T}) == [["weight"]]


def test_a_compilers_wrapper_goes_wherever_it_stands() -> None:
    assert modern_name("_orig_mod.a.b") == "a.b"
    assert modern_name("model._orig_mod.a") == "model.a"
    assert modern_name("my_orig_mod.a") == "my_orig_mod.a"


def test_old_densenet_names_become_new_and_new_ones_stay() -> None:
    old = "features.denseblock1.denselayer1."
    assert modern_name(old + "norm.1.running_mean") == old + "norm1.running_mean"
    assert modern_name(old + "conv.2.weight") == old + "conv2.weight"
    assert modern_name(old + "norm1.weight") == old + "norm1.weight"


def test_losses_metrics_and_counters_are_left_out_last() -> None:
    state = {"model.fc.weight": T, "loss_fn.weight": T, "val_metric.sum": T, "n_averaged": T}
    assert _names(state) == [list(state), ["model.fc.weight"], ["fc.weight"], ["weight"]]


def test_what_holds_only_losses_is_left_as_it_is() -> None:
    assert _names({"loss.weight": T})[0] == ["loss.weight"]
