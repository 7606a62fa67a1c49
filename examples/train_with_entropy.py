"""
DROID in a plain loop
=====================

Cross-entropy and the entropy of the map, from one forward pass.
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
labels = torch.tensor([each.label for each in samples])

torch.manual_seed(0)
model = sk.build_model(ARCH, num_classes=2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.012, momentum=0.9)
losses = [sk.CrossEntropyLoss(), sk.DroidLoss(alpha=0.5)]  # features first, then focus

for epoch in range(4):
    loss_function = losses[epoch // 2]
    entropies = []
    for batch in torch.randperm(len(images)).split(32):
        with sk.CAM(model) as cam:
            logits = model(images[batch])
            maps = cam.maps(target="predicted")
        loss = loss_function(logits, labels[batch], maps)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        entropies.append(sk.cam_entropy(maps.detach()))
    print(f"epoch {epoch}, {type(loss_function).__name__}: mean map entropy {torch.cat(entropies).mean():.3f} nats")
