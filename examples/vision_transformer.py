"""
A vision transformer, untrained
===============================

Its tokens are put back on their grid by themselves. The network of this page has **random weights**: no trained
transformer ships in a package. It shows how the maps are made, and how much structure a map can have where nothing
was learnt.
"""

import timm
import torch

import saliencekit as sk
from saliencekit.data import load_image

torch.manual_seed(0)
model = timm.create_model("vit_tiny_patch16_224", pretrained=False).eval()
preprocessing = sk.Preprocessing(size=(224, 224), mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
chosen = ("astronaut", "chelsea", "coffee", "rocket")
photographs = [each for each in sk.photographs().samples if each.path.stem in chosen]
images = torch.stack([load_image(each.path, preprocessing) for each in photographs]).float() / 127.5 - 1

# %%
# Attention rollout multiplies the attention of all blocks. Grad-CAM takes the layer whose patch tokens still reach
# the class token. Both give 14 x 14 maps, without being told that there are 196 patches and one token more.

rollout, grad_cam = sk.AttentionRollout(model), sk.GradCAM(model)
maps = {"attention rollout": rollout(images), "Grad-CAM": grad_cam(images, target="predicted")}
for name, extract in {"attention rollout": rollout, "Grad-CAM": grad_cam}.items():
    print(f"{name}: {tuple(maps[name].shape)}, at {extract.layer_name}")

# %%
# Random attention is the mean of everything: rollout gives each patch almost the same share. The smallest and the
# largest cell differ by a few per cent, and yet a picture of them, scaled to its own range, looks like a map.

share = maps["attention rollout"].flatten(1)
print("largest over smallest cell:", [round(float(each), 3) for each in share.amax(1) / share.amin(1)])

# %%
# Does the map depend on the class at all? Rollout does not, by its definition.

again = {"attention rollout": rollout(images, target=1), "Grad-CAM": grad_cam(images, target=1)}
for name, before in maps.items():
    print(f"{name}: correlation with the map of another class {sk.pearson(before, again[name]).mean():.2f}")

# %%
# Spots, edges, seeming objects: none of it was learnt. It is why every number of an audit stands beside that of the
# same network with weights drawn at random.

titles = [each.path.stem for each in photographs]
figure = sk.show_maps(images, maps, titles=titles, preprocessing=preprocessing, rows=("image", "overlay"), size=2)
figure.savefig("vision_transformer.png")
