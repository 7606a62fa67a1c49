"""Attention rollout equals the recursion on attention worked out by hand, in three libraries; others are refused."""

import pytest
import torch
from torch import nn

from saliencekit.errors import ModelError, UsageError
from saliencekit.extractors import AttentionRollout

from .transformers_of import hugging_face, timm_net, torchvision_vit

SMALL = {"depth": 3, "embed_dim": 24, "num_heads": 3, "mlp_ratio": 2}


def attend(norm, x, query, key, heads):
    """Softmax attention (N, heads, L, L) of `norm(x)`, head by head; `query` and `key` are (weight, bias)."""
    given = norm(x)
    q, k = given @ query[0].T + query[1], given @ key[0].T + key[1]
    width, found = q.shape[-1] // heads, []
    for head in range(heads):
        part = slice(head * width, (head + 1) * width)
        scores = q[..., part] @ k[..., part].transpose(1, 2) / width**0.5
        found.append(scores.exp() / scores.exp().sum(-1, keepdim=True))
    return torch.stack(found, 1)


def of_torchvision(block):
    attention = block.self_attention
    weight, bias = attention.in_proj_weight.chunk(3), attention.in_proj_bias.chunk(3)
    return block.ln_1, (weight[0], bias[0]), (weight[1], bias[1]), attention.num_heads


def of_timm(block):
    weight, bias = block.attn.qkv.weight.chunk(3), block.attn.qkv.bias.chunk(3)
    return block.norm1, (weight[0], bias[0]), (weight[1], bias[1]), block.attn.num_heads


def of_vit(block):
    one = block.attention
    pairs = [(each.weight, each.bias) for each in (one.q_proj, one.k_proj)]
    return block.layernorm_before, *pairs, one.num_attention_heads


def of_dinov2(block):
    return of_vit(_Renamed(block))


class _Renamed:
    def __init__(self, block):
        self.attention, self.layernorm_before = block.attention, block.norm1


# name: network, size of the images, its blocks, how one attends, rows that are read, first patch, grid
MODELS = {
    "torchvision": (torchvision_vit, (32, 32), lambda net: net.encoder.layers, of_torchvision, [0], 1, (4, 4)),
    "timm, wide": (
        lambda: timm_net("vit_tiny_patch16_224", img_size=(64, 96), **SMALL),
        (64, 96), lambda net: net.blocks, of_timm, [0], 1, (4, 6),
    ),
    "timm, not fused": (
        lambda: unfused(timm_net("vit_tiny_patch16_224", img_size=64, **SMALL)),
        (64, 64), lambda net: net.blocks, of_timm, [0], 1, (4, 4),
    ),
    "timm, distilled": (
        lambda: timm_net("deit_tiny_distilled_patch16_224", img_size=64, **SMALL),
        (64, 64), lambda net: net.blocks, of_timm, [0, 1], 2, (4, 4),
    ),
    "timm, registers": (
        lambda: timm_net("vit_small_patch14_reg4_dinov2", img_size=(70, 42), **SMALL),
        (70, 42), lambda net: net.blocks, of_timm, [0], 5, (5, 3),
    ),
    "timm, mean of patches": (
        lambda: timm_net("vit_tiny_patch16_224", img_size=64, global_pool="avg", **SMALL),
        (64, 64), lambda net: net.blocks, of_timm, list(range(1, 17)), 1, (4, 4),
    ),
    "Hugging Face": (lambda: hugging_face("ViT"), (32, 32), lambda net: net.vit.layers, of_vit, [0], 1, (4, 4)),
    "Hugging Face, eager": (
        lambda: hugging_face("ViT", attention="eager"), (32, 32), lambda net: net.vit.layers, of_vit, [0], 1, (4, 4),
    ),
    "Hugging Face, registers": (
        lambda: hugging_face("Dinov2WithRegisters"),
        (32, 48), lambda net: net.dinov2_with_registers.encoder.layer, of_dinov2, [0], 5, (4, 6),
    ),
}  # fmt: skip


def unfused(net):
    for block in net.blocks:
        block.attn.fused_attn = False
    return net


def rolled_by_hand(net, images, blocks, parts, *, heads="mean", residual=0.5):
    """The whole (N, L, L), from what each block was given."""
    rolled = None
    for block in blocks(net):
        kept = {}
        handle = block.register_forward_pre_hook(lambda _, args, kept=kept: kept.update(x=args[0]))
        net(images)
        handle.remove()
        norm, query, key, count = parts(block)
        attention = attend(norm, kept["x"], query, key, count)
        fused = {"mean": attention.mean(1), "min": attention.amin(1), "max": attention.amax(1)}[heads]
        fused = (1 - residual) * fused + residual * torch.eye(fused.shape[1])
        fused = fused / fused.sum(-1, keepdim=True)
        rolled = fused if rolled is None else fused @ rolled
    return rolled


@torch.no_grad()
@pytest.mark.parametrize("name", MODELS)
def test_equal_to_the_recursion_by_hand(name):
    make, size, blocks, parts, rows, first, grid = MODELS[name]
    net, images = make().double(), torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0)).double()
    for heads, residual in (("mean", 0.5), ("min", 0.5), ("max", 0.2)):
        whole = rolled_by_hand(net, images, blocks, parts, heads=heads, residual=residual)
        torch.testing.assert_close(whole.sum(-1), torch.ones(whole.shape[:2]).double())
        expected = whole[:, rows, first : first + grid[0] * grid[1]].mean(1).view(2, *grid)
        extract = AttentionRollout(net, heads=heads, residual=residual)
        rtol = 1e-5 if "eager" in name else 1e-8  # whose softmax is float32
        for _ in range(2):
            torch.testing.assert_close(extract(images), expected, rtol=rtol, atol=rtol / 1e3)
        with extract:
            net(images)
            torch.testing.assert_close(extract.maps(), expected, rtol=rtol, atol=rtol / 1e3)
        single = AttentionRollout(net.float(), heads=heads, residual=residual)(images.float())
        net.double()
        torch.testing.assert_close(single.double(), expected, rtol=1e-4, atol=1e-6)


def test_no_class_and_no_gradient_enters():
    net, images = torchvision_vit(), torch.rand(2, 3, 32, 32)
    extract = AttentionRollout(net)
    assert torch.equal(extract(images, 0), extract(images, 2))
    assert extract.layer_name == "encoder.layers.encoder_layer_2.self_attention"
    with extract:
        assert net(images).requires_grad
        assert not extract.maps().requires_grad


def test_dropout_is_left_out_and_draws_as_ever():
    net, images = torchvision_vit(attention_dropout=0.5), torch.rand(2, 3, 32, 32)
    expected = AttentionRollout(net)(images)
    net.train()
    torch.manual_seed(3)
    plain = net(images)
    after = torch.rand(3)
    with AttentionRollout(net) as extract:
        torch.manual_seed(3)
        torch.testing.assert_close(net(images), plain)
        assert torch.equal(torch.rand(3), after)
        first = extract.maps()
    assert not torch.allclose(first, expected)  # later blocks are given what dropout left
    net.encoder.layers = nn.Sequential(net.encoder.layers[0])
    with AttentionRollout(net) as extract:
        net(images)
        once = extract.maps()
    torch.testing.assert_close(AttentionRollout(net.eval())(images), once)


REFUSED = {
    "resnet18": "does not attend",
    "swin_t": "attends over windows or channels",
    "maxvit_t": "attends over windows or channels",
}


@pytest.mark.parametrize("name", REFUSED)
def test_networks_of_torchvision_without_global_attention_are_refused(name):
    from torchvision.models import get_model

    net, size = get_model(name, weights=None, num_classes=2).eval(), 224 if name == "maxvit_t" else 64
    with pytest.raises(ModelError, match=rf"^attention-rollout needs a model in which .* {REFUSED[name]}: use"):
        AttentionRollout(net)(torch.rand(1, 3, size, size))


@pytest.mark.parametrize(
    ("make", "size", "why"),
    [
        (lambda: hugging_face("Swin"), 32, "attends over windows or channels"),
        (lambda: timm_net("cait_xxs24_224", img_size=64, depth=2), 64, "attends over 16 tokens, then over 17"),
        (lambda: timm_net("mixer_s32_224", img_size=64), 64, "does not attend"),
        (lambda: timm_net("xcit_nano_12_p16_224", img_size=64), 64, "attends over windows or channels"),
    ],
)
def test_others_are_refused(make, size, why):
    net, images = make(), torch.rand(1, 3, size, size)
    extract = AttentionRollout(net)
    with pytest.raises(ModelError, match=rf"and this one {why}: use grad-cam \(GradCAM\)$"):
        extract(images)
    with extract:
        net(images)  # the caller's forward is the caller's
        with pytest.raises(ModelError, match=why):
            extract.maps()


def test_pooling_by_attention_reads_all_it_asks():
    net = timm_net("vit_base_patch16_siglip_224", img_size=48, **SMALL).double()
    images = torch.rand(2, 3, 48, 48).double()
    maps = AttentionRollout(net)(images)
    assert maps.shape == (2, 3, 3)
    torch.testing.assert_close(maps.sum((1, 2)), torch.ones(2).double())  # there are no other tokens


def test_settings():
    net = torchvision_vit()
    with pytest.raises(UsageError, match=r"^attention-rollout takes the attention of every block: it takes no"):
        AttentionRollout(net, "encoder")
    with pytest.raises(UsageError, match=r"^expected `residual` in \[0, 1\], got -1"):
        AttentionRollout(net, residual=-1)
    with pytest.raises(UsageError, match=r"unknown fusion of heads 'median': expected one of mean, min, max"):
        AttentionRollout(net, heads="median")
