"""
DROID in a plain loop
=====================

Cross-entropy and the entropy of the map, from one forward pass: what a training loop of your own needs is the block
that begins with ``with``.
"""

import tempfile

import matplotlib.pyplot as plt
import torch

import saliencekit as sk
from saliencekit.data import load_image, open_data

ARCH = "saliencekit:small-cnn?width=8"
preprocessing = sk.models.default_preprocessing(ARCH)
with tempfile.TemporaryDirectory() as folder:
    samples = open_data(sk.build_faces(folder), split="train").samples[::2]
    images = torch.stack([load_image(each.path, preprocessing) for each in samples]).float() / 127.5 - 1
labels = torch.tensor([each.label for each in samples])

# %%
# From random weights a network has no features to focus on, so the first epochs are plain cross-entropy.

torch.manual_seed(0)
model = sk.build_model(ARCH, num_classes=2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.012, momentum=0.9)
entropies = []
for epoch in range(6):
    loss_function = sk.DroidLoss(alpha=0.5) if epoch >= 2 else sk.CrossEntropyLoss()
    seen = []
    for batch in torch.randperm(len(images)).split(20):
        with sk.CAM(model) as cam:
            logits = model(images[batch])
            maps = cam.maps(target="predicted")
        loss = loss_function(logits, labels[batch], maps)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seen.append(sk.cam_entropy(maps.detach()))
    entropies.append(float(torch.cat(seen).mean()))
    print(f"epoch {epoch}, {type(loss_function).__name__}: mean map entropy {entropies[-1]:.3f} nats")

# %%
# The entropy falls once it is part of the loss. That the maps are more focused says nothing of whether they are at
# the right place, or the detector better.

figure, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(entropies, "o-", color="#1f6391")
axis.axvline(1.5, color="#b3541e", ls="--", label="from here on DROID")
axis.axhline(torch.tensor(49.0).log(), color="#5c646d", ls=":", label="a map spread evenly")
axis.set(xlabel="epoch", ylabel="mean map entropy (nats)")
axis.legend()
figure.savefig("train_with_entropy.png")
