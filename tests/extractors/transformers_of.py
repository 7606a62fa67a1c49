"""Vision transformers of three libraries, small, with random weights and heads that are not zero."""

import torch
from torch import nn


def stirred(net, seed=0):
    """Give every weight that begins at zero a number, and norms a weight that is not one: as after training."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for each in net.parameters():
            if not each.any():
                each.normal_(std=0.05, generator=random)
        for module in net.modules():
            if isinstance(module, nn.LayerNorm) and module.weight is not None:
                module.weight.add_(torch.randn(module.weight.shape, generator=random), alpha=0.2)
                module.bias.add_(torch.randn(module.bias.shape, generator=random), alpha=0.5)
    return net.eval()


def torchvision_vit(**settings):
    from torchvision.models import VisionTransformer

    with torch.random.fork_rng():
        torch.manual_seed(0)
        sizes = {"num_layers": 3, "num_heads": 2, "hidden_dim": 16, "mlp_dim": 32, "num_classes": 3}
        return stirred(VisionTransformer(32, 8, **sizes, **settings))


def timm_net(name, **settings):
    import timm

    with torch.random.fork_rng():
        torch.manual_seed(0)
        return stirred(timm.create_model(name, pretrained=False, num_classes=3, **settings))


def hugging_face(kind, *, attention="sdpa", **settings):
    import transformers

    classes = {
        "ViT": "ViTForImageClassification",
        "Dinov2": "Dinov2ForImageClassification",
        "Dinov2WithRegisters": "Dinov2WithRegistersForImageClassification",
        "DeiT": "DeiTForImageClassificationWithTeacher",
        "Swin": "SwinForImageClassification",
        "Swinv2": "Swinv2ForImageClassification",
        "ConvNext": "ConvNextForImageClassification",
    }
    sizes = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 32}
    if kind in ("Swin", "Swinv2"):
        sizes = {"embed_dim": 8, "depths": [1, 1, 2], "num_heads": [1, 2, 4], "window_size": 2, "image_size": 32}
        sizes["patch_size"] = 4
    elif kind == "ConvNext":
        sizes = {"hidden_sizes": [4, 6, 8, 10], "depths": [1, 1, 1, 1]}
    else:
        sizes |= {"image_size": 32, "patch_size": 8}
    if kind != "ConvNext":
        settings = {"attn_implementation": attention, **settings}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = getattr(transformers, f"{kind}Config")(num_labels=3, **{**sizes, **settings})
        return stirred(getattr(transformers, classes[kind])(config))
