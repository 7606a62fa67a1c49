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


def test_one_logit_an_image_without_an_axis(pair, images):
    extractor, net = pair
    net.fc = nn.Linear(8, 1)
    for squeezed in (lambda logits: logits.squeeze(1), lambda logits: logits.squeeze()):
        flat = Wrapped(net, squeezed)
        for target in (0, 1, "predicted"):
            for given in (images, images[:1]):
                one, two = extractor(flat), extractor(net)
                for context in (torch.enable_grad, torch.no_grad, torch.inference_mode):
                    with context():
                        assert torch.equal(one(given, target), two(given, target))
                assert torch.equal(one.logits, two.logits)
                for records in (torch.inference_mode, torch.enable_grad):
                    with one, records():
                        flat(given.clone())
                        torch.testing.assert_close(one.maps(target).detach(), two(given, target))


def test_the_negative_of_one_logit(make_net, images):
    net = make_net(classes=1)
    torch.testing.assert_close(GradCAM(net, relu=False)(images, 0), -GradCAM(net, relu=False)(images, 1))


def test_many_logits_of_one_image_without_an_axis(pair, images):
    extractor, net = pair
    extract = extractor(Wrapped(net, lambda logits: logits.squeeze()))
    assert torch.equal(extract(images[:1], 2), extractor(net)(images[:1], 2))
    assert extract.logits.shape == (1, 3)


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


def test_a_lone_number_is_the_logit_of_one_image_alone():
    assert as_logits(torch.tensor(2.0), count=1).tolist() == [[2.0]]
    assert as_logits(torch.tensor([2.0, 3.0]), count=1).tolist() == [[2.0, 3.0]]
    assert as_logits(torch.tensor([2.0, 3.0]), count=2).tolist() == [[2.0], [3.0]]
    for count in (None, 2):
        with pytest.raises(ModelError, match=r"got \(\) of torch.float32$"):
            as_logits(torch.tensor(2.0), count=count)
