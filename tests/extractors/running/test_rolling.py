"""The rollout of a forward takes one matrix, whatever the depth, and leaves nothing behind."""

import gc
import weakref

import torch
from torch.nn import functional as F

from saliencekit.extractors import AttentionRollout
from saliencekit.functional import attention_rollout

from ..transformers_of import timm_net


def test_one_matrix_is_kept_whatever_the_depth(monkeypatch):
    kept = []
    net = timm_net("vit_tiny_patch16_224", img_size=64, depth=6, embed_dim=24, num_heads=3)
    from saliencekit.extractors.running import rolling

    whole = rolling.roll

    def watched(rolled, attention, **settings):
        kept.extend((weakref.ref(attention), *([weakref.ref(rolled)] if rolled is not None else [])))
        return whole(rolled, attention, **settings)

    monkeypatch.setattr(rolling, "roll", watched)
    extract, alive = AttentionRollout(net), []
    for block in net.blocks:
        block.register_forward_pre_hook(lambda *_: alive.append(sum(each() is not None for each in kept)))
    gc.disable()
    try:
        extract(torch.rand(2, 3, 64, 64))
    finally:
        gc.enable()
    assert len(kept) == 11
    assert alive == [0] * 6  # the last product is held by the observer alone


def test_the_rows_of_a_network_that_attends_outside_its_modules():
    class Bare(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.patches, self.fc = torch.nn.Conv2d(3, 8, 4, stride=4), torch.nn.Linear(8, 2)
            self.seen = []

        def forward(self, images):
            x = self.patches(images).flatten(2).transpose(1, 2)
            for _ in range(2):
                self.seen.append((x @ x.mT / 8**0.5).softmax(-1).detach()[:, None])
                x = x + F.scaled_dot_product_attention(x, x, x)
            return self.fc(x.mean(1))

    net = Bare().eval()
    extract = AttentionRollout(net)
    maps = extract(torch.rand(2, 3, 8, 12))
    # softmax that is written out beside the kernel counts as attention too: four steps
    one, two = net.seen
    expected = attention_rollout([one, one, two, two]).mean(1).view(2, 2, 3)
    torch.testing.assert_close(maps, expected)
