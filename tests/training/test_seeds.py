import torch

from saliencekit.training.seeds import derived_seed, epoch_order


def test_seeds_depend_on_every_part_and_where_it_ends():
    seeds = {
        derived_seed(*parts)
        for parts in [(0, "order", 0), (1, "order", 0), (0, "step", 0), (0, "order", 1), (0, "order0"), (0,)]
    }
    assert len(seeds) == 6
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_an_order_is_a_permutation_of_its_own():
    orders = [epoch_order(50, seed=seed, epoch=epoch) for seed in (0, 1) for epoch in (0, 1)]
    assert all(sorted(order.tolist()) == list(range(50)) for order in orders)
    assert len({tuple(order.tolist()) for order in orders}) == 4
    assert torch.equal(orders[3], epoch_order(50, seed=1, epoch=1))


def test_the_global_generator_is_left_alone():
    state = torch.get_rng_state()
    epoch_order(50, seed=0, epoch=0)
    assert torch.equal(torch.get_rng_state(), state)
