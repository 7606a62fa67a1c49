import pytest
import torch

from saliencekit.errors import UsageError
from saliencekit.training.order import EpochBatches
from saliencekit.training.seeds import epoch_order


def places(batches):
    return [batch.tolist() for batch in batches]


def flat(lists):
    return [place for each in lists for place in each]


def test_an_epoch_is_a_permutation_in_batches_and_another_every_epoch():
    batches = EpochBatches(10, batch_size=4, seed=3)
    first = places(batches)
    assert [len(batch) for batch in first] == [4, 4, 2]
    assert flat(first) == epoch_order(10, seed=3, epoch=0).tolist()
    assert places(batches) == first
    batches.set_epoch(1)
    assert flat(places(batches)) == epoch_order(10, seed=3, epoch=1).tolist()


def test_validation_has_one_fixed_order():
    batches = EpochBatches(5, batch_size=2, seed=None)
    batches.set_epoch(7)
    assert places(batches) == [[0, 1], [2, 3], [4]]


@pytest.mark.parametrize("world", [2, 3])
def test_processes_share_each_batch(world):
    whole = EpochBatches(11, batch_size=4, seed=0)
    parts = [EpochBatches(11, batch_size=4, seed=0, rank=rank, world=world) for rank in range(world)]
    for number, rows in enumerate(zip(whole, *parts, strict=True)):
        batch, *shares = (each.tolist() for each in rows)
        assert sorted(flat(shares)) == sorted(batch)
        assert whole.shares(number) == (len(batch),)
        assert parts[0].shares(number) == tuple(len(share) for share in shares)


def test_a_process_without_rows_gets_a_stand_in_that_does_not_count():
    parts = [EpochBatches(5, batch_size=4, seed=None, rank=rank, world=3) for rank in range(3)]
    assert [places(part)[-1] for part in parts] == [[4], [4], [4]]
    assert parts[0].shares(1) == (1, 0, 0)
    assert [part.size(1) for part in parts] == [1, 1, 1]


def test_one_iteration_can_begin_in_the_middle():
    batches = EpochBatches(10, batch_size=4, seed=0)
    whole = places(batches)
    batches.start_at(2)
    assert len(batches) == 3
    assert places(batches) == whole[2:]
    assert places(batches) == whole


def test_where_it_begins_is_read_with_the_first_batch():
    batches = EpochBatches(10, batch_size=4, seed=0)
    made = iter(batches)
    batches.start_at(1)
    assert next(made).tolist() == places(batches)[1]


def test_a_beginning_is_forgotten_with_its_epoch():
    batches = EpochBatches(10, batch_size=4, seed=0)
    batches.start_at(3)
    batches.set_epoch(0)
    assert places(batches) == []
    batches.start_at(3)
    batches.set_epoch(1)
    assert len(places(batches)) == 3


def test_a_held_order_stays():
    batches = EpochBatches(10, batch_size=4, seed=0)
    first = places(batches)
    batches.hold()
    batches.set_epoch(4)
    assert places(batches) == first


def test_no_images_at_all():
    assert (len(EpochBatches(0, batch_size=4, seed=0)), places(EpochBatches(0, batch_size=4, seed=0))) == (0, [])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch_size": 0}, "expected `batch_size` to be at least 1, got 0"),
        ({"batch_size": 1, "rank": 2, "world": 2}, "expected `rank` from 0 to 1, got 2"),
        ({"batch_size": 1, "world": 0}, "expected `rank` from 0 to -1, got 0"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(UsageError, match=message):
        EpochBatches(3, seed=0, **settings)


def test_a_beginning_outside_the_epoch():
    with pytest.raises(UsageError, match="expected `batch` from 0 to 3, got 4"):
        EpochBatches(10, batch_size=4, seed=0).start_at(4)


def test_the_global_generator_is_left_alone():
    state = torch.get_rng_state()
    list(EpochBatches(10, batch_size=4, seed=0))
    assert torch.equal(torch.get_rng_state(), state)
