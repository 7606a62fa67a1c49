import torch

from saliencekit.models.digest import tensors_digest


def test_order_and_layout_do_not_matter_content_does() -> None:
    a, b = torch.arange(6.0).view(2, 3), torch.ones(2)
    digest = tensors_digest({"a": a, "b": b})
    assert len(digest) == 64
    assert tensors_digest({"b": b, "a": a}) == digest
    assert tensors_digest({"a": a.T.contiguous().T, "b": b}) == digest
    for other in (a.view(3, 2), a.double(), -a, a.to(torch.bfloat16)):
        assert tensors_digest({"a": other, "b": b}) != digest
    assert tensors_digest({"b": a, "a": b}) != digest


def test_every_kind_of_number_and_empty_tensors() -> None:
    kinds = {str(kind): torch.zeros(2, dtype=kind) for kind in (torch.bool, torch.int64, torch.float16, torch.bfloat16)}
    digests = {tensors_digest({"a": tensor}) for tensor in (*kinds.values(), torch.zeros(0), torch.tensor(0))}
    assert len(digests) == 6
