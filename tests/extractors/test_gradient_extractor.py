"""The extractors of gradients have one constructor, and each its own default of the ReLU."""

import inspect

import pytest
import torch

from saliencekit.extractors import EXTRACTORS
from saliencekit.extractors.gradient_extractor import GradientExtractor

WORDS = [word for word, each in EXTRACTORS.items() if issubclass(each, GradientExtractor)]


def test_who_they_are():
    assert WORDS == ["grad-cam", "grad-cam++", "hires-cam", "layer-cam", "xgrad-cam"]
    defaults = {word: inspect.signature(EXTRACTORS[word]).parameters["relu"].default for word in WORDS}
    assert [word for word, relu in defaults.items() if not relu] == ["hires-cam"]


@pytest.mark.parametrize("word", WORDS)
def test_the_relu_is_that_of_the_map(word, net, images):
    signed = EXTRACTORS[word](net, relu=False)(images, 1)
    assert torch.equal(EXTRACTORS[word](net, relu=True)(images, 1), signed.relu())
    assert signed.min() < 0 or word in ("grad-cam++", "layer-cam")
