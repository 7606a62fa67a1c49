"""
CYBORG with human maps
======================

The loss pulls the network's map towards a person's. There are no human maps in any package: on this page the
**region that was altered**, which is known of each forgery, stands in for where people look. Real faces have none:
they are left out of that term and keep their cross-entropy.
"""

import tempfile

import torch

import saliencekit as sk
from saliencekit.data import load_image, open_data

ARCH = "saliencekit:small-cnn?width=8"
preprocessing = sk.models.default_preprocessing(ARCH)
with tempfile.TemporaryDirectory() as folder:
    samples = open_data(sk.build_faces(folder), split="train").samples[::2]
    images = torch.stack([load_image(each.path, preprocessing) for each in samples]).float() / 127.5 - 1
    has_map = torch.tensor([each.human_map is not None for each in samples])
    blank = torch.zeros(1, *images.shape[-2:], dtype=torch.uint8)
    read = [load_image(each.human_map, preprocessing) if each.human_map else blank for each in samples]
    human_maps = torch.cat(read)
labels = torch.tensor([each.label for each in samples])
print(f"{len(samples)} images, {int(has_map.sum())} with a map")

# %%
# ``terms`` gives the weighted terms by name; their sum is the loss.


def trained(loss_function):
    torch.manual_seed(0)
    model = sk.build_model(ARCH, num_classes=2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    for _ in range(4):
        for batch in torch.randperm(len(images)).split(20):
            with sk.CAM(model) as cam:
                logits = model(images[batch])
                maps = cam.maps(target="label", labels=labels[batch])
            terms = loss_function.terms(logits, labels[batch], maps, human_maps[batch], has_map[batch])
            optimizer.zero_grad()
            sum(terms.values()).backward()
            optimizer.step()
    print(", ".join(f"{name} {float(term.detach()):.3f}" for name, term in terms.items()))
    return model.eval()


# %%
# The same forgeries, their altered regions, and where either network looks when asked for "fake".

some = has_map.nonzero()[:6, 0]
kinds = {"altered region": human_maps[some].float()}
for name, loss_function in {"cross-entropy": sk.CrossEntropyLoss(), "CYBORG": sk.CyborgLoss(alpha=0.5)}.items():
    kinds[name] = sk.CAM(trained(loss_function))(images[some], target=1)
figure = sk.show_maps((images[some] + 1) / 2, kinds, rows=("image", "map"), size=1.2)
figure.savefig("cyborg_with_human_maps.png")
