"""Vision transformers: the layer and the grid are found, values are captum's and the formulas' on tokens by hand."""

import pytest
import torch
from torch import nn

from saliencekit import functional
from saliencekit.errors import InputError, ModelError
from saliencekit.extractors import (
    CAM,
    EXTRACTORS,
    AttentionRollout,
    GradCAM,
    HiResCAM,
    LayerCAM,
    ScoreCAM,
    candidate_layers,
    find_layer,
    linear_head,
)

from .transformers_of import hugging_face, timm_net, torchvision_vit

SMALL = {"depth": 3, "embed_dim": 24, "num_heads": 3, "mlp_ratio": 2}


def timm_vit(**settings):
    return timm_net("vit_tiny_patch16_224", **{"img_size": 64, **SMALL, **settings})


# name: network, size of the images, layer, grid, tokens that are no patches
FOUND = {
    "torchvision ViT": (torchvision_vit, (32, 32), "encoder.layers.encoder_layer_2.ln_1", (4, 4), 1),
    "timm ViT": (timm_vit, (64, 64), "blocks.2.norm1", (4, 4), 1),
    "timm ViT, wide": (lambda: timm_vit(img_size=(64, 96)), (64, 96), "blocks.2.norm1", (4, 6), 1),
    "timm ViT, any size": (lambda: timm_vit(dynamic_img_size=True), (48, 80), "blocks.2.norm1", (3, 5), 1),
    "timm ViT, normed keys": (lambda: timm_vit(qk_norm=True), (64, 64), "blocks.2.norm1", (4, 4), 1),
    "timm ViT, as many cells as channels": (
        lambda: timm_vit(img_size=(64, 96), depth=3, embed_dim=24, num_heads=1), (64, 96), "blocks.2.norm1", (4, 6), 1,
    ),
    "timm ViT, mean": (lambda: timm_vit(global_pool="avg", fc_norm=False), (64, 64), "norm", (4, 4), 1),
    "timm ViT, normed mean": (lambda: timm_vit(global_pool="avg"), (64, 64), "blocks", (4, 4), 1),
    "timm ViT, attention pooling": (lambda: timm_vit(global_pool="map"), (64, 64), "norm", (4, 4), 1),
    "timm DeiT": (
        lambda: timm_net("deit_tiny_distilled_patch16_224", img_size=64, **SMALL),
        (64, 64), "blocks.2.norm1", (4, 4), 2,
    ),
    "timm DINOv2": (
        lambda: timm_net("vit_small_patch14_dinov2", img_size=42, **SMALL), (42, 42), "blocks.2.norm1", (3, 3), 1,
    ),
    "timm DINOv2, registers": (
        lambda: timm_net("vit_small_patch14_reg4_dinov2", img_size=(70, 42), **SMALL),
        (70, 42), "blocks.2.norm1", (5, 3), 5,
    ),
    "timm CaiT": (
        lambda: timm_net("cait_xxs24_224", img_size=64, depth=2), (64, 64), "blocks_token_only.1.norm1", (4, 4), 1,
    ),
    "timm Swin": (
        lambda: timm_net("swin_tiny_patch4_window7_224", img_size=(64, 96), depths=(1, 1, 1, 1), embed_dim=24),
        (64, 96), "norm", (2, 3), 0,
    ),
    "timm ConvNeXt": (lambda: timm_net("convnext_atto"), (64, 96), "stages", (2, 3), 0),
    "timm EfficientNet": (lambda: timm_net("efficientnet_b0"), (64, 96), "bn2", (2, 3), 0),
    "timm CLIP ResNet": (lambda: timm_net("resnet50_clip", img_size=64), (64, 64), "stages", (2, 2), 0),
    "timm Mixer": (lambda: timm_net("mixer_s32_224", img_size=64), (64, 64), "norm", (2, 2), 0),
    "timm LeViT, one token at last": (lambda: timm_net("levit_128s", img_size=64), (64, 64), "stages.1", (2, 2), 0),
    "Hugging Face ViT": (
        lambda: hugging_face("ViT", image_size=(32, 48)), (32, 48), "vit.layers.2.layernorm_before", (4, 6), 1,
    ),
    "Hugging Face ViT, eager": (
        lambda: hugging_face("ViT", attention="eager"), (32, 32), "vit.layers.2.layernorm_before", (4, 4), 1,
    ),
    "Hugging Face DINOv2": (
        lambda: hugging_face("Dinov2"), (32, 48), "dinov2.encoder.layer.2.norm1", (4, 6), 1,
    ),
    "Hugging Face DINOv2, registers": (
        lambda: hugging_face("Dinov2WithRegisters"), (48, 32), "dinov2_with_registers.encoder.layer.2.norm1", (6, 4), 5,
    ),
    "Hugging Face DeiT": (lambda: hugging_face("DeiT"), (32, 32), "deit.layers.2.layernorm_before", (4, 4), 2),
    "Hugging Face Swin": (lambda: hugging_face("Swin"), (32, 48), "swin.layernorm", (2, 3), 0),
    "Hugging Face SwinV2": (lambda: hugging_face("Swinv2", attention="eager"), (32, 32), "swinv2.layernorm", (2, 2), 0),
    "Hugging Face ConvNeXt": (lambda: hugging_face("ConvNext"), (64, 96), "convnext.encoder.stages.3", (2, 3), 0),
}  # fmt: skip

CLOSED = {"timm ViT, mean", "timm Swin", "timm EfficientNet", "timm Mixer", "Hugging Face Swin", "Hugging Face SwinV2"}


def logits_of(net, images):
    outputs = net(images)
    return outputs if isinstance(outputs, torch.Tensor) else outputs.logits


@pytest.mark.parametrize("name", FOUND)
def test_the_layer_and_its_grid_are_found(name):
    make, size, layer, grid, dropped = FOUND[name]
    net, images = make(), torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(1))
    extract = GradCAM(net, relu=False)
    expected = logits_of(net, images).detach()
    for _ in range(2):  # traced, then hooked
        maps = extract(images, 1)
        assert extract.layer_name == layer
        assert maps.shape == (2, *grid)
        assert maps.isfinite().all()
        assert maps.abs().max() > 0
        torch.testing.assert_close(extract.logits, expected, rtol=1e-4, atol=1e-5)
    layers = candidate_layers(net, images)
    chosen = [each for each in layers if each.chosen]
    assert [(each.name, each.shape[2:], each.dropped) for each in chosen] == [(layer, grid, dropped)]
    assert find_layer(net, images) == layer
    assert (linear_head(net, images) is not None) == (name in CLOSED)


@pytest.mark.parametrize("name", FOUND)
def test_cam_where_the_head_is_a_mean_and_a_sentence_elsewhere(name):
    make, size, *_ = FOUND[name]
    net, images = make(), torch.rand(2, 3, *size)
    extract = CAM(net)
    if name not in CLOSED:
        with pytest.raises(ModelError, match=r"^CAM is not defined for this model, .* use grad-cam \(GradCAM\)$"):
            extract(images)
        return
    head = linear_head(net, images)
    for _ in range(2):
        for target in range(3):
            maps = extract(images, target)
            torch.testing.assert_close(
                maps.mean((1, 2)) + head.bias[target].detach(), extract.logits[:, target], rtol=1e-4, atol=1e-5
            )
    difference = GradCAM(net, relu=False)(images, 2) * maps[0].numel() - maps
    assert difference.abs().max() < 1e-5 * maps.abs().max()


def by_hand(net, layer, images, target, grid, first):
    """Features and gradients (N, C, h, w) of the tokens of one layer, everything recorded."""
    kept = {}
    handle = net.get_submodule(layer).register_forward_hook(lambda _, __, out: kept.update(out=out))
    with torch.enable_grad():
        score = logits_of(net, images).gather(1, target[:, None]).sum()
        gradient = torch.autograd.grad(score, kept["out"])[0]
    handle.remove()
    cells = grid[0] * grid[1]
    return [
        each[:, first : first + cells].transpose(1, 2).reshape(len(images), -1, *grid).detach()
        for each in (kept["out"], gradient)
    ]


FORMULAS = {
    "grad-cam": functional.grad_cam,
    "grad-cam++": functional.grad_cam_pp,
    "hires-cam": functional.hires_cam,
    "layer-cam": functional.layer_cam,
    "xgrad-cam": functional.xgrad_cam,
    "eigen-cam": lambda features, _: functional.eigen_cam(features),
}
TOKENS = [name for name in FOUND if FOUND[name][2].endswith(("norm1", "ln_1", "layernorm_before"))]


@pytest.mark.parametrize("name", TOKENS)
@pytest.mark.parametrize("word", FORMULAS)
def test_equal_to_the_formula_on_tokens_by_hand(word, name):
    make, size, layer, grid, dropped = FOUND[name]
    net, images = make().double(), torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(1)).double()
    target = torch.tensor([2, 0])
    settings = {} if word == "eigen-cam" else {"relu": False}
    expected = FORMULAS[word](*by_hand(net, layer, images, target, grid, dropped), **settings)
    assert expected.abs().max() > 0
    extract, named = EXTRACTORS[word](net, **settings), EXTRACTORS[word](net, layer, **settings)
    found = [extract(images, target), extract(images, target), named(images, target), named(images, target)]
    with extract:
        net(images)
        found.append(extract.maps(target).detach())
    for maps in found:
        torch.testing.assert_close(maps, expected, rtol=1e-8, atol=1e-10 * float(expected.abs().max()))


@pytest.mark.parametrize("relu", [True, False])
def test_equal_to_captum(relu):
    from captum.attr import LayerGradCam

    for name in ("torchvision ViT", "timm DeiT", "timm DINOv2, registers"):
        make, size, layer, grid, dropped = FOUND[name]
        net, images = make(), torch.rand(2, 3, *size)
        target = torch.tensor([2, 0])
        # captum averages gradients over all axes behind the first: give it tokens as channels, (N, C, L)
        seen = nn.Identity()
        module = net.get_submodule(layer)
        handle = module.register_forward_hook(
            lambda _, __, out, seen=seen, dropped=dropped: torch.cat(
                [out[:, :dropped], seen(out[:, dropped:].transpose(1, 2)).transpose(1, 2)], 1
            )
        )
        net.seen = seen
        expected = LayerGradCam(net, net.seen).attribute(images, target=target, relu_attributions=relu)[:, 0]
        handle.remove()
        del net.seen
        expected = expected.detach().unflatten(1, grid)
        difference = (GradCAM(net, relu=relu)(images, target) - expected).abs().max() / expected.abs().max()
        print(f"\n{name}: largest difference to captum {difference:.1e}")
        assert difference < 1e-5


def test_score_cam_masks_by_each_channel_of_the_tokens():
    net, images, target = torchvision_vit().double(), torch.rand(2, 3, 32, 32).double(), torch.tensor([2, 0])
    features, _ = by_hand(net, "encoder.layers.encoder_layer_2.ln_1", images, target, (4, 4), 1)
    scores = torch.zeros(2, 16).double()
    for image in range(2):
        for channel in range(16):
            mask = nn.functional.interpolate(features[image, channel][None, None], (32, 32), mode="bilinear")[0, 0]
            mask = (mask - mask.min()) / (mask.max() - mask.min())
            scores[image, channel] = net(images[image : image + 1] * mask)[0, target[image]].detach()
    expected = torch.einsum("nc,nchw->nhw", scores.softmax(1), features).relu()
    assert expected.max() > 0
    torch.testing.assert_close(ScoreCAM(net, batch_size=5)(images, target), expected, rtol=1e-8, atol=1e-12)


def test_images_of_another_size_have_another_grid():
    net = timm_vit(dynamic_img_size=True)
    for extract in (GradCAM(net), GradCAM(net, "blocks.0"), AttentionRollout(net)):
        for size, grid in (((48, 80), (3, 5)), ((80, 48), (5, 3)), ((64, 64), (4, 4)), ((48, 80), (3, 5))):
            images = torch.rand(1, 3, *size)
            maps = extract(images)
            assert maps.shape == (1, *grid)
            torch.testing.assert_close(maps, type(extract)(net, *_layer_of(extract))(images))


def _layer_of(extract):
    return () if isinstance(extract, AttentionRollout) else (extract._watcher._layer or "auto",)


def test_cells_are_where_the_patches_are():
    """A head that reads one patch's token is explained by that cell alone."""
    net, images = timm_vit(img_size=(64, 96), global_pool="avg", fc_norm=False), torch.rand(1, 3, 64, 96)
    for cell in ((0, 0), (1, 4), (3, 5)):
        place = 1 + cell[0] * 6 + cell[1]
        net.pool = lambda x, *_, place=place: x[:, place]
        maps = HiResCAM(net, "norm")(images, 1)[0]
        assert maps.nonzero().tolist() == [list(cell)]


@pytest.mark.parametrize("layer", ["features.7", "features.5.1", "features.3.0.norm1", "norm", "features.1.0.mlp.0"])
def test_layers_of_swin_keep_channels_last(layer):
    from torchvision.models import swin_transformer

    torch.manual_seed(0)
    net = swin_transformer.SwinTransformer(
        [4, 4], 8, [1, 1, 2, 1], [1, 2, 2, 4], [2, 2], num_classes=3, stochastic_depth_prob=0.0
    )
    net, images, target = net.eval().double(), torch.rand(2, 3, 64, 96).double(), torch.tensor([2, 0])
    kept = {}
    handle = net.get_submodule(layer).register_forward_hook(lambda _, __, out: kept.update(out=out))
    gradient = torch.autograd.grad(net(images).gather(1, target[:, None]).sum(), kept["out"])[0]
    handle.remove()
    expected = (kept["out"] * gradient.mean((1, 2), keepdim=True)).sum(-1).detach()
    extract = GradCAM(net, layer, relu=False)
    for _ in range(2):
        torch.testing.assert_close(extract(images, target), expected, rtol=1e-8, atol=1e-12)


def test_parts_of_maxvit_that_are_no_maps_are_not_taken_for_some():
    from torchvision.models import MaxVit

    torch.manual_seed(0)
    net = MaxVit((64, 64), 8, 2, [8, 8], [1, 1], 4, 0.0, num_classes=3).eval()
    images = torch.rand(1, 3, 64, 64)
    layers = candidate_layers(net, images)
    assert {each.shape[2:] for each in layers} <= {(64, 64), (32, 32), (16, 16), (8, 8)}
    assert [each.name for each in layers if each.chosen] == ["blocks.1"]


# what goes wrong


def test_errors_about_layers_of_tokens():
    net, images = torchvision_vit(), torch.rand(1, 3, 32, 32)
    with pytest.raises(ModelError, match=r"^the model has no layer 'encoder.layers.encoder_layer_9.ln_1'; nea"):
        GradCAM(net, "encoder.layers.encoder_layer_9.ln_1")
    with pytest.raises(ModelError, match=r"^expected layer 'heads' to give maps .* or tokens .*, got \(1, 3\)$"):
        GradCAM(net, "heads")(images)
    for layer in ("encoder.ln", "encoder.layers.encoder_layer_2", "encoder.layers.encoder_layer_2.mlp"):
        with pytest.raises(ModelError, match=rf"^layer '{layer}' is behind the last attention, where patches do not"):
            GradCAM(net, layer)(images)
        assert EXTRACTORS["eigen-cam"](net, layer)(images).shape == (1, 4, 4)  # no gradient is asked for
    net.unused = nn.LayerNorm(16)
    with pytest.raises(ModelError, match=r"^layer 'unused' did not run when the model did"):
        GradCAM(net, "unused")(images)
    block = net.encoder.layers
    block.encoder_layer_1.ln_1 = block.encoder_layer_0.ln_1  # shared: found under its first name
    with pytest.raises(ModelError, match=r"^layer 'encoder.layers.encoder_layer_0.ln_1' ran 2 times in one forward"):
        GradCAM(net, "encoder.layers.encoder_layer_0.ln_1")(images)


def test_errors_about_images_and_numbers():
    net, images = torchvision_vit(), torch.rand(1, 3, 32, 32)
    with pytest.raises(InputError, match="expected `target` from 0 to 2, got 3"):
        GradCAM(net)(images, 3)
    with pytest.raises(AssertionError, match="Wrong image height"):  # the model's own
        GradCAM(net)(torch.rand(1, 3, 40, 32))
    with torch.no_grad():
        net.encoder.layers.encoder_layer_2.ln_1.weight.fill_(float("nan"))
    for extractor in (GradCAM, LayerCAM):
        with pytest.raises(ModelError, match=r"^no logits and map of the model are finite numbers"):
            extractor(net)(images)


def test_a_gradient_that_does_not_reach_the_tokens():
    net, images = torchvision_vit(), torch.rand(1, 3, 32, 32)
    net.encoder.ln.register_forward_hook(lambda _, __, out: out.detach())
    with pytest.raises(ModelError, match=r"^the gradient of the logits does not reach layer 'encoder.layers.encoder_l"):
        GradCAM(net)(images)


class Dropping(nn.Module):
    """Takes every second token away, as networks that merge tokens do."""

    def forward(self, x):
        return torch.cat([x[:, :1], x[:, 1::2]], 1)


def test_tokens_on_no_known_grid():
    net, images = torchvision_vit(), torch.rand(1, 3, 32, 32)
    net.encoder.dropout = Dropping()
    with pytest.raises(ModelError, match=r"^after 'conv_proj' the model works on tokens \(N, L, C\), and on which"):
        GradCAM(net)(images)
    with pytest.raises(ModelError, match=r"^layer 'encoder.ln' gives \(1, 9, 16\): on which grid such tokens lie"):
        GradCAM(net, "encoder.ln")(images)


# how it is done


def test_the_first_forward_saves_two_blocks_and_later_ones_one():
    deep, shallow = (timm_vit(depth=depth) for depth in (12, 3))
    images = torch.rand(4, 3, 64, 64)
    extracts = GradCAM(deep), GradCAM(shallow)
    first = [_most_saved(each, images) for each in extracts]
    later = [_most_saved(each, images) for each in extracts]
    whole = _most_saved(deep, images)
    print(f"\nelements saved for a backward: first {first}, later {later}, by a plain forward {whole}")
    assert first[0] == first[1]  # whatever the depth
    assert later[0] == later[1] < first[0] < whole / 4


def _most_saved(call, images):
    """The largest number of elements that were saved for a backward at a time."""
    alive, most = {}, [0]

    class Saved:
        def __init__(self, tensor):
            self.tensor = tensor.detach()  # else an output would hold its own graph
            alive[id(self)] = tensor.numel()
            most[0] = max(most[0], sum(alive.values()))

        def __del__(self):
            alive.pop(id(self), None)

    with torch.autograd.graph.saved_tensors_hooks(Saved, lambda saved: saved.tensor):
        call(images)
    return most[0]


@pytest.mark.parametrize("word", ["grad-cam", "hires-cam", "layer-cam"])
def test_maps_of_tokens_train_to_the_second_order(word):
    net = torchvision_vit().double()
    images, target = torch.rand(2, 3, 32, 32).double(), torch.tensor([2, 0])
    weight = net.encoder.layers.encoder_layer_2.mlp[0].weight
    embedding = net.conv_proj.weight

    def loss():
        with EXTRACTORS[word](net) as extract:
            net(images)
            return extract.maps(target).square().sum() * 1e3

    found = torch.autograd.grad(loss(), [weight, embedding])
    for each, gradient, places in zip((weight, embedding), found, [((3, 2),), ((1, 0, 2, 3),)], strict=True):
        assert gradient.abs().max() > 0
        for place in places:
            with torch.no_grad():
                each[place] += 1e-6
                above = loss()
                each[place] -= 2e-6
                below = loss()
                each[place] += 1e-6
            torch.testing.assert_close(gradient[place], (above - below).detach() / 2e-6, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("extractor", [CAM, GradCAM, ScoreCAM, AttentionRollout])
def test_copied_and_pickled_afterwards(extractor, tmp_path):
    import copy

    net = timm_vit(global_pool="avg", fc_norm=False) if extractor is CAM else torchvision_vit()
    images = torch.rand(1, 3, *((64, 64) if extractor is CAM else (32, 32)))
    expected = extractor(net)(images, 1)
    torch.save(net, tmp_path / "net.pt")
    for again in (copy.deepcopy(net), torch.load(tmp_path / "net.pt", weights_only=False)):
        torch.testing.assert_close(extractor(again)(images, 1), expected)


def test_what_the_network_does_in_its_graph_module():
    net = torchvision_vit()
    images = torch.rand(2, 3, 32, 32)
    graph = torch.fx.symbolic_trace(net)
    expected = GradCAM(net)(images, 1)
    extract = GradCAM(graph)
    torch.testing.assert_close(extract(images, 1), expected)
    assert extract.layer_name == "encoder.layers.encoder_layer_2.ln_1"


def test_a_network_in_a_sequential_and_with_several_inputs():
    class Pair(nn.Module):
        def __init__(self, net):
            super().__init__()
            self.net = net

        def forward(self, shift, images):
            return {"logits": self.net(images) + shift[:, None], "shift": shift}

    class Tuple(Pair):
        def forward(self, given):
            return super().forward(*given)

    net, images = torchvision_vit(), torch.rand(2, 3, 32, 32)
    expected = GradCAM(net)(images, 1)
    torch.testing.assert_close(GradCAM(nn.Sequential(nn.Identity(), net))(images, 1), expected)
    shift = torch.tensor([1.0, 2.0])
    torch.testing.assert_close(GradCAM(Pair(net))((shift, images), 1), expected)
    torch.testing.assert_close(GradCAM(Tuple(net))(((shift, images),), 1), expected)
    torch.testing.assert_close(ScoreCAM(Pair(net))((shift, images), 1), ScoreCAM(net)(images, 1), rtol=1e-3, atol=1e-6)
    with pytest.raises(InputError, match=r"^expected `images` of shape \(N, C, H, W\) with N of .*, got NoneType"):
        GradCAM(Pair(net))((shift, shift))


@pytest.mark.parametrize("channels", [1, 4])
def test_images_of_other_channels(channels):
    net = timm_vit(in_chans=channels)
    assert GradCAM(net)(torch.rand(1, channels, 64, 64)).shape == (1, 4, 4)
