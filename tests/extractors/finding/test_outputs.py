"""Logits are found in whatever a model returns."""

from collections import namedtuple

import pytest
import torch
from torch import nn

from saliencekit.errors import ModelError, UsageError
from saliencekit.extractors import GradCAM
from saliencekit.extractors.finding.outputs import as_logits, pick_logits


class Wrapped(nn.Module):
    def __init__(self, net, wrap):
        super().__init__()
        self.net, self.wrap = net, wrap

    def forward(self, images):
        return self.wrap(self.net(images))


Outputs = namedtuple("Outputs", ["logits", "aux"])


class ModelOutput(dict):
    """As Hugging Face has it: a mapping with attributes."""


class Plain:
    def __init__(self, logits):
        self.embedding, self.logits = torch.zeros(4, 7, 7), logits


@pytest.mark.parametrize(
    ("wrap", "output"),
    [
        (lambda logits: (logits,), None),
        (lambda logits: [logits, None], None),
        (lambda logits: {"logits": logits, "embedding": torch.zeros(4, 64)}, None),
        (lambda logits: ModelOutput(loss=None, logits=logits), None),
        (lambda logits: Outputs(logits, logits * 2), None),
        (lambda logits: (torch.zeros(4, 64), logits), 1),
        (lambda logits: {"cls": logits, "feat": torch.zeros(4, 64)}, "cls"),
        (lambda logits: Outputs(logits * 2, logits), "aux"),
        (Plain, None),
        (Plain, "logits"),
    ],
)
def test_whatever_the_model_returns(wrap, output, pair, images, place):
    extractor, net = pair
    expected = extractor(net)(images, 1)
    extract = extractor(Wrapped(net, wrap), output=output)
    for _ in range(2):
        torch.testing.assert_close(extract(images, 1), expected)
    assert extract.layer_name == f"net.{place(extractor)}"


def test_one_logit_an_image_without_an_axis(extractor, make_net, images):
    net = make_net(classes=1)
    flat = Wrapped(net, lambda logits: logits.squeeze(1))
    for target in (0, 1, "predicted"):
        assert torch.equal(extractor(flat)(images, target), extractor(net)(images, target))
    torch.testing.assert_close(GradCAM(net, relu=False)(images, 0), -GradCAM(net, relu=False)(images, 1))


def test_of_several_tensors_none_is_guessed():
    with pytest.raises(ModelError, match=r"returns tuple: pass output= one of 0 \(4, 3\), 1 \(4, 8\) to say where"):
        pick_logits((torch.zeros(4, 3), torch.zeros(4, 8)))
    with pytest.raises(ModelError, match=r"returns dict: pass output= one of 'cls' \(4, 3\), 'feat' \(4, 8\) to say"):
        pick_logits({"cls": torch.zeros(4, 3), "feat": torch.zeros(4, 8)})


@pytest.mark.parametrize("nothing", [None, "logits", (), {}, [None, 3]])
def test_no_tensor_at_all(nothing):
    with pytest.raises(ModelError, match=r"^expected the model to return logits of shape \(N, K\), got "):
        pick_logits(nothing)


def test_a_word_that_names_nothing():
    with pytest.raises(UsageError, match=r"^the model returns no 'aux': expected output= one of 'logits' \(4, 3\)$"):
        pick_logits({"logits": torch.zeros(4, 3)}, "aux")
    with pytest.raises(UsageError, match=r"^the model returns no 7: expected output= one of \(it holds no tensor\)$"):
        pick_logits((), 7)
    with pytest.raises(UsageError, match=r"^the model returns one tensor: drop output=0"):
        pick_logits(torch.zeros(4, 3), 0)


@pytest.mark.parametrize("shape", [(4, 3, 2), (4, 3, 5, 5), (), (0, 3, 2)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.int64])
def test_what_is_no_logits(shape, dtype):
    with pytest.raises(ModelError, match=r"^expected the model to return logits of shape \(N, K\), got "):
        as_logits(torch.zeros(shape, dtype=dtype))
    with pytest.raises(ModelError, match=r"of torch.int64$"):
        as_logits(torch.zeros(4, 3).long())
