"""How images are prepared for an architecture when nothing else is known."""

from __future__ import annotations

from ..preprocessing import IMAGENET_MEAN, IMAGENET_STD, Preprocessing
from .efficientnet_lite0 import efficientnet_lite0_preprocessing
from .published import published_preprocessing
from .small_cnn import small_cnn_preprocessing
from .spec import Spec, parse_spec


def default_preprocessing(arch: str | None) -> Preprocessing:
    """Return the preprocessing that belongs to an architecture.

    Parameters
    ----------
    arch
        As :func:`saliencekit.models.build_model` takes it; ``None`` if it is not known.

    Returns
    -------
    Preprocessing
        torchvision's weights metadata for its architectures, timm's configuration for timm's, our own for ours;
        for everything else 224x224 with ImageNet's mean and standard deviation, with a source that begins with
        "assumed". Fewer or more channels than three get the mean over the three. Nothing is downloaded.

    Examples
    --------
    >>> default_preprocessing("inception_v3").size, default_preprocessing(None).source
    ((299, 299), 'assumed: ImageNet, 224x224')
    """
    if arch is None:
        return _assumed(3)
    spec = parse_spec(arch)
    if spec.room == "saliencekit":
        if spec.name == "small-cnn":
            return small_cnn_preprocessing(int(spec.option("in_channels", 1)))
        return efficientnet_lite0_preprocessing(int(spec.option("in_channels", 3)))
    if spec.room == "timm":
        return _from_timm(spec) or _assumed(int(spec.option("in_channels", 3)))
    return published_preprocessing(spec) or _assumed(int(spec.option("in_channels", 3)))


def _assumed(channels: int) -> Preprocessing:
    mean, std = IMAGENET_MEAN, IMAGENET_STD
    if channels != 3:
        mean, std = (sum(IMAGENET_MEAN) / 3,) * channels, (sum(IMAGENET_STD) / 3,) * channels  # type: ignore[assignment]
    return Preprocessing(channels=channels, mean=mean, std=std, source="assumed: ImageNet, 224x224")


def _from_timm(spec: Spec) -> Preprocessing | None:
    try:
        import timm
    except ImportError:
        return None
    entry = timm.get_pretrained_cfg(spec.name, allow_unregistered=True)
    if entry is None:
        return None
    height, width = entry.input_size[1:]
    channels = int(spec.option("in_channels", 3))
    mean, std = entry.mean, entry.std
    if channels != 3:
        mean, std = (sum(mean) / 3,) * channels, (sum(std) / 3,) * channels
    return Preprocessing(
        size=(height, width),
        resize="crop",
        resize_to=int(min(height, width) / entry.crop_pct),
        interpolation="bilinear" if entry.interpolation == "bilinear" else "bicubic",
        channels=channels,
        mean=tuple(mean),
        std=tuple(std),
        source=f"timm configuration ({spec.name})",
    )
