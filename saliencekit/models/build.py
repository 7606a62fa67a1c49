"""From the name of an architecture to a network with fresh weights; nothing is ever downloaded."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from ..errors import EnvironmentFault, ModelError, UsageError, one_of
from .callables import accepts_num_classes, imported
from .foreign import said_in_one_sentence
from .info import ModelInfo, count_parameters, head_length, note_info
from .spec import Spec, Value, parse_spec

# Options that would read other files or the network, or that are said elsewhere.
ELSEWHERE = (
    "cache_dir",
    "checkpoint_path",
    "num_classes",
    "pretrained",
    "pretrained_cfg",
    "pretrained_cfg_overlay",
    "weights",
    "weights_backbone",
)


def build_model(spec: str, *, num_classes: int | None = None, in_channels: int | None = None) -> nn.Module:
    """Return a network of the named architecture with fresh weights, in train mode, on the CPU.

    Parameters
    ----------
    spec
        ``torchvision:NAME`` or plain ``NAME``, ``timm:NAME``, ``saliencekit:small-cnn``,
        ``saliencekit:efficientnet-lite0``, or ``package.module:callable`` (looked for on Python's path and in the
        working folder). Options follow a question mark: ``torchvision:vit_b_16?image_size=384``.
    num_classes
        Length of the logits; ``None`` for the architecture's own (1000 for ImageNet networks).
    in_channels
        Channels of the image; ``None`` for the architecture's own. A torchvision network gets a new first
        convolution.

    Raises
    ------
    UsageError
        If the architecture or one of its options is unknown.
    EnvironmentFault
        If it needs timm and timm is not installed.
    ModelError
        If somebody else's callable fails or returns no network.

    Examples
    --------
    >>> build_model("saliencekit:small-cnn", num_classes=2).head
    Linear(in_features=128, out_features=2, bias=True)
    """
    parsed = parse_spec(spec)
    if in_channels is not None:
        parsed = parsed.having(in_channels=in_channels)
    model = build(parsed, num_classes)
    return note_info(model, ModelInfo(str(parsed), head_length(model), parameters=count_parameters(model)))


def build(spec: Spec, num_classes: int | None = None) -> nn.Module:
    """Return a network of ``spec`` with fresh weights, without a note on it; see :func:`build_model`."""
    if num_classes is not None and num_classes < 1:
        raise UsageError(f"expected `num_classes` of at least 1, got {num_classes}")
    builders: dict[str, Callable[[Spec, int | None], nn.Module]] = {
        "torchvision": _from_torchvision,
        "timm": _from_timm,
        "saliencekit": _own,
    }
    return builders.get(spec.room, _from_callable)(spec, num_classes)


def torchvision_names() -> list[str]:
    """Return the names of all classifiers of torchvision, sorted; quantised copies are left out."""
    import torchvision

    return sorted(torchvision.models.list_models(module=torchvision.models))


def _from_torchvision(spec: Spec, num_classes: int | None) -> nn.Module:
    import torchvision

    one_of(spec.name, torchvision_names(), "torchvision architecture")
    options = _arguments(spec, num_classes)
    channels = options.pop("in_channels", None)
    if spec.name in ("googlenet", "inception_v3"):
        options.setdefault("init_weights", True)  # torchvision warns unless it is said
    try:
        model: nn.Module = torchvision.models.get_model(spec.name, weights=None, **options)
    except (TypeError, ValueError, AssertionError, RuntimeError) as error:
        raise UsageError(f"{spec} cannot be built: {error}") from error
    if channels is not None:
        _replace_stem(model, int(channels), spec)
    return model


def _from_timm(spec: Spec, num_classes: int | None) -> nn.Module:
    try:
        import timm
    except ImportError as error:
        raise EnvironmentFault(f"{spec} needs the package timm: pip install 'saliencekit[timm]'") from error
    make: Callable[..., nn.Module] = timm.create_model
    options = _arguments(spec, num_classes)
    if "in_channels" in options:
        options["in_chans"] = options.pop("in_channels")
    one_of(spec.name.partition(".")[0], timm.list_models(), "timm architecture")
    with said_in_one_sentence(f"building {spec}"):
        return make(spec.name, pretrained=False, **options)


def _own(spec: Spec, num_classes: int | None) -> nn.Module:
    from .efficientnet_lite0 import EfficientNetLite0
    from .small_cnn import SmallCNN

    network: Callable[..., nn.Module] = SmallCNN if spec.name == "small-cnn" else EfficientNetLite0
    try:
        return network(**_arguments(spec, num_classes))
    except TypeError as error:
        raise UsageError(f"{spec} cannot be built: {error}") from error


def _from_callable(spec: Spec, num_classes: int | None) -> nn.Module:
    make = imported(spec)
    takes = accepts_num_classes(make)
    with said_in_one_sentence(f"building {spec}"):
        model = make(**_arguments(spec, num_classes if takes else None))
    if not isinstance(model, nn.Module):
        raise ModelError(f"expected {spec} to return a torch.nn.Module, got {type(model).__name__}")
    return model


def _arguments(spec: Spec, num_classes: int | None) -> dict[str, Value]:
    arguments = dict(spec.options)
    for word in ELSEWHERE:
        if word in arguments:
            raise UsageError(f"the option {word!r} cannot be part of an architecture, got {spec}")
    if num_classes is not None:
        arguments["num_classes"] = num_classes
    return arguments


def _replace_stem(model: nn.Module, in_channels: int, spec: Spec) -> None:
    """Give ``model`` a first convolution for ``in_channels`` channels, otherwise like the one it has."""
    name, old = next((name, module) for name, module in model.named_modules() if isinstance(module, nn.Conv2d))
    if in_channels < 1:
        raise UsageError(f"expected `in_channels` of at least 1, got {in_channels} for {spec}")
    parent, _, leaf = name.rpartition(".")
    new = nn.Conv2d(
        in_channels,
        old.out_channels,
        kernel_size=old.kernel_size,  # type: ignore[arg-type]
        stride=old.stride,  # type: ignore[arg-type]
        padding=old.padding,  # type: ignore[arg-type]
        dilation=old.dilation,  # type: ignore[arg-type]
        bias=old.bias is not None,
    )
    setattr(model.get_submodule(parent), leaf, new)
