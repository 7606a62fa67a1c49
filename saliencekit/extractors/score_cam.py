"""Score-CAM: the features of a layer, weighted by what the model scores through each of them as a mask."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from ..errors import ModelError, UsageError
from ..functional.forward_maps import score_cam
from ..functional.logits import class_logit
from ..functional.normalization import as_unit_range
from ..functional.resizing import resize_maps
from .base import Extractor
from .running.capture import Capture
from .running.rerun import Rerun


class ScoreCAM(Extractor):
    r"""Score-weighted class activation maps: no gradient, but as many further forwards as the layer has channels.

    .. math:: s = \mathrm{ReLU}\left(\sum_c a_c F_c\right), \quad
        a_c = \frac{\exp(l_t(X \odot H_c) - l_t(X_b))}{\sum_d \exp(l_t(X \odot H_d) - l_t(X_b))}

    with H_c channel c, resized bilinearly to the size of the image X and brought to unit range (all zeros if it is
    constant). The score of the baseline X_b drops out of the softmax over channels. What is masked goes towards zero
    as the model sees it: with normalised images that is the mean colour. The further forwards are unwatched, leave
    no trace, and run in the mode the model is in: in train mode batch normalisation mixes the masked images. The
    maps are detached.

    Parameters
    ----------
    model, layer, output
        As for :class:`Extractor`.
    batch_size
        Masked images in memory, and given to the model, at a time.

    References
    ----------
    Wang, Wang, Du, Yang, Zhang, Ding, Mardziel, Hu, "Score-CAM: score-weighted visual explanations for convolutional
    neural networks", CVPR workshops 2020, arXiv:1910.01279.

    Examples
    --------
    >>> model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))
    >>> ScoreCAM(model, batch_size=16)(torch.rand(4, 3, 9, 9)).shape
    torch.Size([4, 7, 7])
    """

    word: ClassVar[str] = "score-cam"
    needs_gradient: ClassVar[bool] = False
    needs_images: ClassVar[bool] = True

    def __init__(
        self,
        model: nn.Module,
        layer: str | nn.Module = "auto",
        *,
        output: str | int | None = None,
        batch_size: int = 32,
    ) -> None:
        super().__init__(model, layer, output=output)
        if batch_size < 1:
            raise UsageError(f"expected `batch_size` of at least 1, got {batch_size}")
        self._batch_size = batch_size

    @torch.no_grad()
    def salience(self, capture: Capture, target: Tensor, *, keep_graph: bool) -> Tensor:
        """Return the maps, (N, h, w), in units of the features."""
        del keep_graph
        rerun, features = capture.rerun, capture.features
        if rerun is None:
            raise UsageError("Score-CAM needs the images of the forward, which another extractor's capture lacks")
        if len(rerun.images) != len(target):
            raise ModelError(f"expected the model to give logits for {len(rerun.images)} images, got {len(target)}")
        return score_cam(features, _scores(features, rerun, target, self._batch_size))


def _scores(features: Tensor, rerun: Rerun, target: Tensor, batch_size: int) -> Tensor:
    """Return the logit of ``target`` (N,) for the images masked by each channel of ``features``, (N, C)."""
    images, channels = rerun.images, features.flatten(0, 1)
    owner = torch.arange(len(features), device=features.device).repeat_interleave(features.shape[1])
    parts = -(-len(owner) // batch_size)  # of nearly equal size
    scores = []
    with rerun.running():
        for rows, some in zip(owner.tensor_split(parts), channels.tensor_split(parts), strict=True):
            masks = as_unit_range(resize_maps(some, (images.shape[-2], images.shape[-1])))
            scores.append(class_logit(rerun(images[rows] * masks[:, None], rows), target[rows]))
    return torch.cat(scores).view(features.shape[:2])
