import pytest
import torch

from saliencekit.training.examples import Examples
from saliencekit.training.sight import Seen
from saliencekit.training.whole_batch import group_weight, own_rank, shares_of, whole_batch


def test_alone_the_batch_is_what_was_seen():
    seen = Seen(torch.rand(2, 2), torch.rand(2, 3, 3), ((0.4, torch.rand(2, 2)),))
    batch = Examples(
        torch.rand(2, 1, 6, 6),
        torch.tensor([0, 1]),
        torch.zeros(2, 6, 6, dtype=torch.uint8),
        torch.tensor([True, False]),
        torch.tensor([5, 7]),
    )
    whole = whole_batch(seen, batch, (2,))
    assert whole.logits is seen.logits
    assert whole.maps is seen.maps
    assert (whole.labels, whole.human_maps, whole.has_map, whole.places) == batch[1:]
    assert whole.auxiliary == seen.auxiliary
    assert shares_of(object(), 3, 2) == (2,)
    assert own_rank() == 0


@pytest.mark.parametrize("accumulate", [1, 2, 3, 7])
def test_accumulated_gradients_are_the_mean_over_images(accumulate):
    """Lightning divides each batch's mean by ``accumulate`` and adds up; by hand against one large batch."""
    values = torch.randn(19, generator=torch.Generator().manual_seed(0))
    batches = torch.split(values, 4)
    sizes = [len(each) for each in batches]
    for first in range(0, len(batches), accumulate):
        group = batches[first : first + accumulate]
        added = sum(
            each.mean()
            / accumulate
            * group_weight(first + at, accumulate=accumulate, batches=len(batches), size=sizes.__getitem__)
            for at, each in enumerate(group)
        )
        torch.testing.assert_close(added, torch.cat(group).mean())
