"""
CYBORG with human maps
======================

Half of the training images have a map of where they were altered, as a stand-in for where people look; the others are
left out of the human term and keep their cross-entropy.
"""

import tempfile

import torch

import saliencekit as sk
from saliencekit.data import load_image, open_data
from saliencekit.models import default_preprocessing

ARCH = "saliencekit:small-cnn?width=8"
preprocessing = default_preprocessing(ARCH)
with tempfile.TemporaryDirectory() as folder:
    samples = open_data(sk.build_faces(folder), split="train").samples
    images = torch.stack([load_image(each.path, preprocessing) for each in samples]).float() / 127.5 - 1
    has_map = torch.tensor([each.human_map is not None for each in samples])
    blank = torch.zeros(1, *images.shape[-2:], dtype=torch.uint8)
    read = [load_image(each.human_map, preprocessing) if each.human_map else blank for each in samples]
    human_maps = torch.cat(read)
labels = torch.tensor([each.label for each in samples])
print(f"{len(samples)} images, {int(has_map.sum())} with a human map")

torch.manual_seed(0)
model = sk.build_model(ARCH, num_classes=2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
cyborg = sk.CyborgLoss(alpha=0.5)

for epoch in range(4):
    sums = {}
    for batch in torch.randperm(len(images)).split(32):
        with sk.CAM(model) as cam:
            logits = model(images[batch])
            maps = cam.maps(target="predicted")
        terms = cyborg.terms(logits, labels[batch], maps, human_maps[batch], has_map[batch])
        optimizer.zero_grad()
        sum(terms.values()).backward()
        optimizer.step()
        for name, term in terms.items():
            sums[name] = sums.get(name, 0.0) + term.detach() * len(batch) / len(images)
    print(f"epoch {epoch}: " + ", ".join(f"{name} {value:.4f}" for name, value in sums.items()))
