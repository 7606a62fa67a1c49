import pytest
import torch

from saliencekit.errors import ModelError, UsageError
from saliencekit.extractors import EXTRACTORS, GradCAM
from saliencekit.extractors.captum_extractor import CaptumExtractor
from saliencekit.extractors.for_captum.methods import METHODS
from saliencekit.extractors.fusion import FusedExtractor
from saliencekit.extractors.making import check_word, make_extractor, salience_words


def test_every_word_makes_its_extractor(make_net):
    net = make_net()
    words = salience_words()
    assert words == (*EXTRACTORS, *(f"captum:{name}" for name in METHODS))
    for word in words:
        assert make_extractor(word, net).word == word


def test_layers(make_net, images):
    net = make_net()
    assert isinstance(make_extractor("grad-cam", net, "act+last"), FusedExtractor)
    one = make_extractor("grad-cam", net, "act")
    assert isinstance(one, GradCAM)
    one(images)
    assert one.layer_name == "act"
    input_alone = make_extractor("captum:Saliency", net, "act")  # of several methods, those of the images have no layer
    assert isinstance(input_alone, CaptumExtractor)
    guided = make_extractor("captum:GuidedGradCam", net, "last")
    guided(images)
    assert guided.layer_name == "last"
    with pytest.raises(ModelError, match=r"^the model has no layer 'lost'; nearest: last"):
        make_extractor("grad-cam", net, "act+lost")


def test_output(make_net, images):
    class Wrapped(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = make_net()

        def forward(self, x):
            return {"a": x, "b": self.net(x)}

    for word in ("grad-cam", "captum:Saliency"):
        assert make_extractor(word, Wrapped(), output="b")(images).isfinite().all()


def test_unknown_words():
    with pytest.raises(UsageError, match=r"^unknown salience method 'gradcam': .*; or captum:NAME, NAME one of Deconv"):
        check_word("gradcam")
    with pytest.raises(UsageError, match=r"^unknown attribution of captum 'IG': expected one of Deconvolution, "):
        check_word("captum:IG")
    assert check_word("cam") == "cam"
