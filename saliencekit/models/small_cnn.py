"""A small convolutional network for grey faces: 56x56 pixels in, 7x7 maps, trained in seconds on a CPU."""

from __future__ import annotations

from torch import Tensor, nn

from ..errors import InputError
from ..preprocessing import Preprocessing

SIZE = (56, 56)


class SmallCNN(nn.Module):
    """Four 3x3 convolutions with batch norm and ReLU, global average pooling, one linear head.

    The image is halved three times, so that 56x56 pixels give a 7x7 map, the grid of the papers. Any other
    size of at least 8x8 pixels works; nothing is done in place.

    Parameters
    ----------
    num_classes
        Length of the logits; 1 for a one-logit head (positive means class 1).
    in_channels
        Channels of the image.
    width
        Channels of the first convolution; the last one has eight times as many.

    Raises
    ------
    InputError
        If one of them is smaller than 1.

    Examples
    --------
    >>> import torch
    >>> model = SmallCNN(num_classes=2).eval()
    >>> tuple(model(torch.zeros(3, 1, 56, 56)).shape), tuple(model.features(torch.zeros(3, 1, 56, 56)).shape)
    ((3, 2), (3, 128, 7, 7))
    """

    def __init__(self, num_classes: int = 2, in_channels: int = 1, width: int = 16) -> None:
        super().__init__()
        for name, value in (("num_classes", num_classes), ("in_channels", in_channels), ("width", width)):
            if value < 1:
                raise InputError(f"expected `{name}` of at least 1, got {value}")
        self.features = nn.Sequential(
            _block(in_channels, width),
            nn.MaxPool2d(2),
            _block(width, 2 * width),
            nn.MaxPool2d(2),
            _block(2 * width, 4 * width),
            nn.MaxPool2d(2),
            _block(4 * width, 8 * width),
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(8 * width, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (N, num_classes) of normalised ``images`` (N, in_channels, H, W)."""
        logits: Tensor = self.head(self.pool(self.features(images)).flatten(1))
        return logits


def small_cnn_preprocessing(in_channels: int = 1) -> Preprocessing:
    """Return the input that :class:`SmallCNN` is meant for: 56x56 pixels, [0, 1] shifted to [-1, 1].

    >>> small_cnn_preprocessing().size
    (56, 56)
    """
    half = (0.5,) * in_channels
    return Preprocessing(size=SIZE, channels=in_channels, mean=half, std=half, source="saliencekit:small-cnn")


def _block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())
