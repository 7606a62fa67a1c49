"""What a batch gave, and two halves of one that are the whole again."""

import torch

from saliencekit.auditing.found import found_of, joined
from saliencekit.functional.random import Draw
from saliencekit.measures import Clean, Rows

RUNS = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
RUNS[0, 1] = 0.0
RUNS[1, 2] = 7.0
LOGITS = torch.tensor([[0.0, 2.0], [1.0, -1.0], [3.0, torch.inf]])


def clean_of(some, finite=None):
    runs, logits = RUNS[:, some], LOGITS[some]
    return Clean(
        images=torch.zeros(logits.shape[0], 1, 8, 8),
        maps=runs[0],
        logits=logits,
        target=logits.argmax(1),
        draw=Draw.of(0, [str(each) for each in range(len(logits))], "test"),
        other=runs[0][:0],
        runs=runs,
        other_runs=runs[:, :0],
        finite=finite,
    )


def rows_of(some):
    return {"entropy": Rows(({}, {}), {"entropy": torch.arange(6.0).reshape(2, 3)[:, some]})}


def test_of_a_batch_by_hand():
    found = found_of(clean_of(slice(None)), rows_of(slice(None)))
    assert found.predicted.tolist() == [1, 0, 1]
    assert found.finite.tolist() == [True, True, False]
    assert found.kinds.tolist() == [-1, 0, -1]  # of the run that is audited
    assert found.degenerate_runs.tolist() == [[False, True, False], [False, False, True]]
    assert torch.equal(found.maps, RUNS[0])
    assert found.small_runs.shape == RUNS.shape
    assert (found.small_runs[0, 0].min(), found.small_runs[0, 0].max()) == (0, 1)


def test_what_the_views_gave_counts_where_it_is_known():
    finite = torch.tensor([True, False, True])
    assert found_of(clean_of(slice(None), finite), {}).finite.tolist() == [True, False, True]


def test_two_halves_are_the_whole_again():
    whole = found_of(clean_of(slice(None)), rows_of(slice(None)))
    halves = [found_of(clean_of(some), rows_of(some)) for some in (slice(0, 2), slice(2, 3))]
    both = joined(*halves)
    for name in ("predicted", "maps", "kinds", "finite", "degenerate_runs", "small_runs"):
        assert torch.equal(getattr(both, name), getattr(whole, name)), name
    assert torch.equal(both.rows["entropy"].values["entropy"], whole.rows["entropy"].values["entropy"])
    assert both.rows["entropy"].conditions == whole.rows["entropy"].conditions
