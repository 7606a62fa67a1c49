import hashlib
import random
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from saliencekit.errors import ModelError, SaliencekitError, UnsafeFileError, UsageError
from saliencekit.models import build_model, load_model, model_info, save_model

Save = Callable[..., Path]
ARCH = "saliencekit:small-cnn?width=2"


def _same(model: nn.Module, other: nn.Module) -> bool:
    state = other.state_dict()
    return all(torch.equal(tensor, state[name]) for name, tensor in model.state_dict().items())


def test_a_bare_state_dict_is_recognised_and_described(small: nn.Module, saved: Save) -> None:
    file = saved(small.state_dict())
    model = load_model(file)
    info = model_info(model)
    assert _same(model, small)
    assert not model.training
    assert not any(tensor.is_meta for tensor in model.state_dict().values())
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert (info.arch, info.num_classes, info.classes) == (ARCH, 2, ())
    assert (info.path, info.format) == (str(file), "checkpoint of torch.save")
    assert info.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (info.preprocessing, info.data, info.training, info.missing) == (None, None, {}, ())


def test_safetensors_without_a_record(small: nn.Module, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file(small.state_dict(), tmp_path / "m.pt")
    model = load_model(str(tmp_path / "m.pt"))
    assert _same(model, small)
    assert model_info(model).format == "safetensors"


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_become_float32(kind: torch.dtype, small: nn.Module, saved: Save) -> None:
    model = load_model(saved(small.to(kind).state_dict()))
    assert {tensor.dtype for tensor in model.state_dict().values()} == {torch.float32, torch.int64}
    assert _same(model, small.float())


def test_weights_do_not_share_memory(small: nn.Module, saved: Save) -> None:
    state = small.state_dict()
    state["features.2.1.weight"] = state["features.2.1.bias"]
    model = load_model(saved(state))
    norm = model.features[2][1]
    assert torch.equal(norm.weight, norm.bias)
    with torch.no_grad():
        norm.weight.add_(1)
    assert torch.equal(norm.weight, norm.bias + 1)


def test_a_head_of_a_thousand_classes_gets_imagenets_names(saved: Save) -> None:
    info = model_info(load_model(saved(build_model("squeezenet1_1").state_dict())))
    assert info.classes[285] == "Egyptian cat"
    assert info.preprocessing is None


def test_layouts_of_old_versions_do_not_come_back(saved: Save) -> None:
    """MNASNet changes its layout when a state dict carries no version; ours always has today's names."""
    original = build_model("mnasnet0_5", num_classes=2).eval()
    state = dict(original.state_dict())
    model = load_model(saved(state))
    images = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(model(images), original(images))


@pytest.mark.parametrize("name", ["densenet121", "vit_b_32", "swin_t", "googlenet", "efficientnet_b0"])
def test_networks_of_every_build_give_the_same_logits(name: str, saved: Save) -> None:
    original = build_model(name, num_classes=2).eval()
    if name == "googlenet":
        original.transform_input = True  # what is taken for granted in strangers' files
    model = load_model(saved({"state_dict": {f"module.{k}": v for k, v in original.state_dict().items()}}))
    images = torch.rand(1, 3, 224, 224)
    with torch.no_grad():
        assert torch.equal(model(images), original(images))


def test_old_densenet_names_are_loaded(saved: Save) -> None:
    original = build_model("densenet121", num_classes=2)
    state = {
        name.replace("norm1.", "norm.1.").replace("norm2.", "norm.2.").replace("conv1.", "conv.1."): tensor
        for name, tensor in original.state_dict().items()
        if "num_batches" not in name
    }
    assert _same(load_model(saved(state)), original)


def test_missing_counters_are_zero(small: nn.Module, saved: Save) -> None:
    state = {name: tensor for name, tensor in small.state_dict().items() if "num_batches" not in name}
    model = load_model(saved(state))
    assert int(model.features[0][1].num_batches_tracked) == 0
    assert model.features[0][1].num_batches_tracked.dtype == torch.int64


@pytest.mark.parametrize("arch", [None, ARCH])
def test_missing_unexpected_and_misshaped_names_stop(arch: str | None, small: nn.Module, saved: Save) -> None:
    state = small.state_dict()
    state["features.0.1.bias"] = torch.zeros(7)
    state["extra.weight"] = state.pop("features.2.0.weight")
    with pytest.raises(ModelError) as caught:
        load_model(saved(state), arch)
    message = str(caught.value)
    assert message.startswith(str(saved(state)))
    for part in (
        "missing features.2.0.weight",
        "unexpected extra.weight",
        "features.0.1.bias (7,) where (2,) is expected",
    ):
        assert part in message


def test_names_of_nothing_in_common_stop(saved: Save) -> None:
    with pytest.raises(ModelError, match=r"do not fit torchvision:resnet18: missing conv1.weight"):
        load_model(saved({"a.weight": torch.ones(2, 2)}), "resnet18", allow_missing=["fc.*"])


def test_allowed_names_may_be_missing_and_are_told(small: nn.Module, saved: Save) -> None:
    state = {name: tensor for name, tensor in small.state_dict().items() if not name.startswith("features.2.1")}
    before = torch.get_rng_state()
    models = [load_model(saved(state), allow_missing=["features.2.*"]) for _ in range(2)]
    assert torch.equal(torch.get_rng_state(), before)
    info = model_info(models[0])
    assert info.missing == tuple(f"features.2.1.{name}" for name in ("weight", "bias", "running_mean", "running_var"))
    assert torch.equal(models[0].features[2][1].weight, torch.ones(4))
    assert _same(models[0], models[1])


def test_the_number_of_classes_can_be_demanded(small: nn.Module, saved: Save) -> None:
    file = saved(small.state_dict())
    assert model_info(load_model(file, num_classes=2)).num_classes == 2
    with pytest.raises(ModelError, match="expected 3 classes, got weights for 2"):
        load_model(file, num_classes=3)


def test_a_headless_network_gets_a_head_if_allowed(small: nn.Module, saved: Save) -> None:
    state = {name: tensor for name, tensor in small.state_dict().items() if not name.startswith("head.")}
    model = load_model(saved(state), ARCH, num_classes=5, allow_missing=["head.*"])
    assert model_info(model).num_classes == 5
    assert torch.equal(model.features[0][0].weight, small.features[0][0].weight)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_stop(value: float, small: nn.Module, saved: Save) -> None:
    state = small.state_dict()
    state["features.4.0.weight"][1, 2, 0, 0] = value
    with pytest.raises(ModelError, match=r"the weight features.4.0.weight is not finite in 1 of 288 numbers"):
        load_model(saved(state))


def test_quantised_weights_stop(small: nn.Module, saved: Save) -> None:
    state: dict[str, Tensor] = dict(small.state_dict())
    state["head.weight"] = (state["head.weight"] * 100).to(torch.int8)
    with pytest.raises(ModelError, match=r"the weight head.weight is stored as int8, as if quantised"):
        load_model(saved(state))


def test_a_tiny_file_that_claims_a_huge_weight_is_refused_by_its_shape(saved: Save, small: nn.Module) -> None:
    state: dict[str, Tensor] = dict(small.state_dict())
    state["features.2.0.weight"] = torch.zeros(1).expand(10**6, 10**6)
    with pytest.raises(ModelError, match=r"\(1000000, 1000000\) where"):
        load_model(saved(state))


def test_a_network_of_the_user_is_filled_with_all_that_it_computes_itself(user_networks: str, saved: Save) -> None:
    spec = f"{user_networks}:Counting"
    original = build_model(spec, num_classes=3).eval()
    model = load_model(saved(original.state_dict()), spec)
    images = torch.rand(2, 3, 8, 8)
    assert model_info(model).num_classes == 3
    assert torch.equal(model(images), original(images))


def test_timms_networks_are_filled(saved: Save) -> None:
    original = build_model("timm:vit_tiny_patch16_224", num_classes=3, in_channels=1).eval()
    model = load_model(saved(original.state_dict()), "timm:vit_tiny_patch16_224")
    assert model_info(model).arch == "timm:vit_tiny_patch16_224?in_channels=1"
    images = torch.rand(1, 1, 224, 224)
    with torch.no_grad():
        assert torch.equal(model(images), original(images))


def test_a_checkpoint_must_not_choose_code_to_run(
    small: nn.Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "networks_of_a_stranger.py").write_text("open('mark', 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    for name in ("m.pt", "m.safetensors"):
        arch = "networks_of_a_stranger:run"
        file = save_model(small, tmp_path / name, arch=arch, classes=(), preprocessing=None)
        with pytest.raises(UnsafeFileError, match=r"names networks_of_a_stranger:run, which would be imported"):
            load_model(file)
        assert model_info(load_model(file, ARCH)).arch == ARCH
    assert not (tmp_path / "mark").exists()


def test_a_users_network_in_a_checkpoint_is_named_by_the_user(user_networks: str, tmp_path: Path) -> None:
    spec = f"{user_networks}:Counting"
    model = build_model(spec, num_classes=3)
    file = save_model(model, tmp_path / "m.pt", arch=spec, classes=("a", "b", "c"), preprocessing=None)
    with pytest.raises(UnsafeFileError, match=f"name it yourself with --arch {spec}"):
        load_model(file)
    assert model_info(load_model(file, spec)).classes == ("a", "b", "c")
    assert _same(load_model(file, trust_pickle=True), model)


def test_a_record_of_an_unknown_architecture_is_the_files_fault(small: nn.Module, saved: Save) -> None:
    record = {"format": "saliencekit", "version": 1, "arch": "resnet19", "state_dict": small.state_dict()}
    with pytest.raises(ModelError, match="architecture that the checkpoint records cannot be built: unknown torchvis"):
        load_model(saved(record))
    record["arch"], record["classes"] = ARCH, ["a", "b", "c"]
    with pytest.raises(ModelError, match="expected names for 2 classes in the record, got 3"):
        load_model(saved(record))


def test_pickled_networks_only_with_trust(saved: Save) -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 3)).half()
    for content in (network, {"model": network, "epoch": 3}, nn.DataParallel(network)):
        file = saved(content)
        with pytest.raises(UnsafeFileError, match=r"would import torch.nn"):
            load_model(file)
        model = load_model(file, trust_pickle=True)
        info = model_info(model)
        assert isinstance(model, nn.Sequential)
        assert not model.training
        assert (info.arch, info.num_classes, info.format) == (None, 3, "pickled network")
        assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    with torch.no_grad():
        network[0].weight[0] = float("nan")
    with pytest.raises(ModelError, match=r"the weight 0.weight is not finite"):
        load_model(saved(network), trust_pickle=True)


def test_torchscript_only_with_trust(tmp_path: Path) -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(network), str(tmp_path / "m.pt"))
    model = load_model(tmp_path / "m.pt", trust_pickle=True)
    assert model_info(model).num_classes == 3
    assert model_info(model).format == "TorchScript"
    images = torch.rand(2, 4)
    torch.testing.assert_close(model(images), network(images))


def test_a_trusted_pickle_of_a_headless_network_needs_the_number(saved: Save) -> None:
    file = saved(nn.ReLU())
    with pytest.raises(ModelError, match="classes of ReLU cannot be told"):
        load_model(file, trust_pickle=True)
    assert model_info(load_model(file, trust_pickle=True, num_classes=4)).num_classes == 4


def test_the_key_chooses(small: nn.Module, saved: Save) -> None:
    other = build_model(ARCH)
    file = saved({"model": small.state_dict(), "ema": other.state_dict()})
    assert _same(load_model(file, key="ema"), other)
    with pytest.raises(UsageError, match="unknown key"):
        load_model(file, key="none")


def test_unknown_architectures_are_a_matter_of_usage(small: nn.Module, saved: Save) -> None:
    with pytest.raises(UsageError, match="unknown torchvision architecture 'resnet19'"):
        load_model(saved(small.state_dict()), "resnet19")


@pytest.mark.parametrize("form", ["record", "bare", "safetensors"])
def test_a_file_cut_or_with_a_flipped_bit_never_gives_other_weights(
    form: str, small: nn.Module, saved: Save, tmp_path: Path
) -> None:
    if form == "bare":
        file = saved(small.state_dict())
    else:
        suffix = ".pt" if form == "record" else ".safetensors"
        file = save_model(small, tmp_path / f"m{suffix}", arch=ARCH, classes=(), preprocessing=None)
    whole = file.read_bytes()
    chance = random.Random(0)
    damaged = [whole[:length] for length in (0, 1, 7, 9, 30, len(whole) - 1, len(whole) - 22)]
    damaged += [whole[: chance.randrange(len(whole))] for _ in range(40)]
    refused = 0
    for _ in range(200):
        flipped = bytearray(whole)
        place = chance.randrange(8 * len(whole))
        flipped[place // 8] ^= 1 << place % 8
        damaged.append(bytes(flipped))
    for content in damaged:
        shutil.rmtree(tmp_path / "copies", ignore_errors=True)
        (tmp_path / "copies").mkdir()
        copy = tmp_path / "copies" / file.name
        copy.write_bytes(content)
        try:
            assert _same(load_model(copy), small)  # the bit was in the padding between entries
        except ModelError:
            refused += 1
    assert refused >= len(damaged) // 2


def test_random_bytes_are_refused_in_one_sentence(tmp_path: Path) -> None:
    chance = random.Random(1)
    beginnings = (b"", b"PK\x03\x04", b"\x80\x02", b"\x80\x04", (50).to_bytes(8, "little") + b"{")
    for number in range(200):
        file = tmp_path / "m.pt"
        file.write_bytes(beginnings[number % len(beginnings)] + chance.randbytes(chance.randrange(1, 300)))
        with pytest.raises(SaliencekitError) as caught:
            load_model(file)
        assert isinstance(caught.value, ModelError)
        assert "\n" not in str(caught.value)
        assert str(file) in str(caught.value)
