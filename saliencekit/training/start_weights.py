"""The weights that a run starts from: those of a file, or published ones; always with the run's own head."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import Tensor, nn

from ..errors import EnvironmentFault, ModelError, UsageError
from ..models import build_model, load_model, model_info
from ..models.foreign import first_line
from ..models.spec import Spec, parse_spec


def network_from(
    path: str | os.PathLike[str], arch: str, *, num_classes: int, in_channels: int | None = None
) -> nn.Module:
    """Return a network of ``arch`` with the weights of a file, whose head is replaced if its classes are others.

    Parameters
    ----------
    path
        What :func:`saliencekit.models.load_model` reads; nothing in it is run.
    arch
        The architecture, as :func:`saliencekit.models.build_model` takes it.
    num_classes
        Length of the logits. With another number in the file, every layer of that length gets fresh weights, drawn
        from torch's global generator: the head, and auxiliary heads.
    in_channels
        Channels of the image, where they are not the architecture's own.

    Raises
    ------
    ModelError
        If the file cannot be read or does not fit the architecture.
    """
    spec = parse_spec(arch)
    wanted = spec if in_channels is None else spec.having(in_channels=in_channels)
    started = load_model(path, arch=str(wanted))
    info = model_info(started)
    model = build_model(info.arch or str(wanted), num_classes=num_classes)
    model.load_state_dict(_fitting(started.state_dict(), model.state_dict(), info.num_classes, num_classes, path))
    return model


def published_file(arch: str) -> Path:
    """Return torchvision's or timm's published weights of an architecture as a file, downloaded if it is not there.

    Raises
    ------
    UsageError
        If nobody publishes weights for it.
    EnvironmentFault
        If they cannot be downloaded.
    """
    spec = parse_spec(arch)
    if spec.room not in ("torchvision", "timm"):
        raise UsageError(f"there are no published weights for {arch}: leave pretrained off, or give a file (weights)")
    try:
        return _torchvision_file(spec) if spec.room == "torchvision" else _timm_file(spec)
    except (OSError, RuntimeError) as error:  # no network, no such host, a hash that differs
        raise EnvironmentFault(
            f"the published weights of {arch} cannot be downloaded ({first_line(error)}): where there is no network, "
            "give them as a file (weights)"
        ) from error


def _torchvision_file(spec: Spec) -> Path:
    from torchvision.models import get_model_weights

    url: str = get_model_weights(spec.name).DEFAULT.url
    path = Path(torch.hub.get_dir(), "checkpoints", url.rpartition("/")[2])
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        digits = path.stem.rpartition("-")[2]
        torch.hub.download_url_to_file(url, str(path), hash_prefix=digits, progress=False)
    return path


def _timm_file(spec: Spec) -> Path:
    try:
        import timm
        from huggingface_hub import hf_hub_download
    except ImportError as error:
        raise EnvironmentFault(f"{spec} needs the package timm: pip install 'saliencekit[timm]'") from error
    entry = timm.get_pretrained_cfg(spec.name, allow_unregistered=False)
    if entry is None or not entry.hf_hub_id:
        raise UsageError(f"timm publishes no weights for {spec}: leave pretrained off, or give a file (weights)")
    return Path(hf_hub_download(entry.hf_hub_id, "model.safetensors"))


def _fitting(
    given: dict[str, Tensor],
    wanted: dict[str, Tensor],
    had: int,
    classes: int,
    path: str | os.PathLike[str],
) -> dict[str, Tensor]:
    fitting = {}
    for name, fresh in wanted.items():
        weight = given[name]
        head = weight.shape[:1] == (had,) and fresh.shape[:1] == (classes,) and weight.shape[1:] == fresh.shape[1:]
        if weight.shape != fresh.shape and not head:
            raise ModelError(f"{path}: expected {name} of shape {tuple(fresh.shape)}, got {tuple(weight.shape)}")
        fitting[name] = weight if weight.shape == fresh.shape else fresh
    return fitting
