"""The counter-based generator: its definition, its independence of everything else, its quality."""

from __future__ import annotations

import hashlib
import math
import random

import numpy as np
import pytest
import torch
from scipy import stats

from saliencekit.errors import InputError
from saliencekit.functional.random import Draw

WORD = 2**64 - 1
DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
NAMES = [f"real/{i}.png" for i in range(64)]


def literal_mix(z: int) -> int:
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & WORD
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & WORD
    return z ^ (z >> 31)


def literal_hash(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


def literal_word(seed: int, name: str, stream: str, i: int) -> int:
    key = literal_mix(literal_hash(f"{seed}\0{name}") ^ literal_hash(stream))
    return literal_mix(key ^ literal_mix((i + 1) * 0x9E3779B97F4A7C15 & WORD))


def unsigned(bits: torch.Tensor) -> list[int]:
    return [number % 2**64 for number in bits.flatten().tolist()]


@pytest.mark.parametrize("seed", [0, 1, -5, 2**70])
def test_equals_its_definition_in_unbounded_integers(seed):
    names = ["a.png", "b/ü.png"]
    bits = Draw.of(seed, names, "noise").bits(5)
    assert unsigned(bits) == [literal_word(seed, name, "noise", i) for name in names for i in range(5)]


def test_splitmix_known_answer():
    # First output of SplitMix64 seeded with 0, as published with the generator.
    assert literal_mix(0x9E3779B97F4A7C15) == 0xE220A8397B1DCDAF


def test_uniform_and_integers_are_the_top_bits():
    draw = Draw.of(3, ["a.png"], "noise")
    words = [literal_word(3, "a.png", "noise", i) for i in range(50)]
    assert draw.uniform(50)[0].tolist() == [(word >> 40) / 2**24 for word in words]
    assert draw.integers(10, 50)[0].tolist() == [(word >> 32) * 10 >> 32 for word in words]
    assert draw.integers(2**31, 50)[0].tolist() == [word >> 33 for word in words]


def test_batch_size_order_and_shape_change_nothing():
    whole = Draw.of(0, NAMES, "noise").uniform(3, 5)
    alone = torch.cat([Draw.of(0, [name], "noise").uniform(3, 5) for name in NAMES])
    backwards = Draw.of(0, NAMES[::-1], "noise").uniform(3, 5).flip(0)
    assert torch.equal(whole, alone)
    assert torch.equal(whole, backwards)
    assert torch.equal(whole.flatten(1), Draw.of(0, NAMES, "noise").uniform(15))
    assert torch.equal(whole.flatten(1)[:, :7], Draw.of(0, NAMES, "noise").uniform(7))


def test_shapes_and_types():
    draw = Draw.of(0, NAMES, "noise")
    assert draw.uniform().shape == (64,)
    assert draw.uniform(0, 4).shape == (64, 0, 4)
    assert draw.uniform(2).dtype == torch.float32
    assert draw.integers(1, 3).tolist() == [[0, 0, 0]] * 64
    assert Draw.of(0, [], "noise").uniform(2, 2).shape == (0, 2, 2)


def test_seed_name_stream_and_fork_each_change_everything():
    base = Draw.of(0, NAMES, "noise")
    others = [
        Draw.of(1, NAMES, "noise"),
        Draw.of(0, [name + "x" for name in NAMES], "noise"),
        Draw.of(0, NAMES, "noise2"),
        base.fork("noise"),
        base.fork("a").fork("b"),
        base.fork("b").fork("a"),
    ]
    keys = torch.cat([base.keys] + [other.keys for other in others])
    assert keys.unique().numel() == keys.numel()
    for other in others:
        assert abs(np.corrcoef(base.uniform(500).flatten(), other.uniform(500).flatten())[0, 1]) < 0.025


def test_seed_and_name_do_not_run_together():
    assert Draw.of(1, ["2.png"], "s").keys != Draw.of(12, [".png"], "s").keys


def test_names_with_undecodable_bytes():
    odd = b"\xff\xfe.png".decode("utf-8", "surrogateescape")
    assert Draw.of(0, [odd, "\ufffd.png"], "s").keys.unique().numel() == 2


def test_no_global_generator_is_touched():
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()
    Draw.of(0, NAMES, "noise").fork("more").integers(7, 100)
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] == random.getstate()
    assert (before[2] == np.random.get_state()[1]).all()


def test_keys_are_not_written_to():
    draw = Draw.of(0, NAMES, "noise")
    keys = draw.keys.clone()
    draw.uniform(9)
    draw.fork("x")
    assert torch.equal(draw.keys, keys)


@pytest.mark.parametrize("seed", [0, 1, 12345])
def test_quality_of_a_million_numbers(seed):
    names = [str(i) for i in range(1000)]  # names as alike as they come
    numbers = Draw.of(seed, names, "quality").uniform(1000).double()
    n = numbers.numel()
    assert 0 <= numbers.min() < numbers.max() < 1
    assert abs(numbers.mean() - 0.5) < 4 * math.sqrt(1 / 12 / n)
    assert abs(numbers.var() - 1 / 12) < 4 * math.sqrt(1 / 180 / n)
    assert stats.kstest(numbers.flatten().numpy(), "uniform").pvalue > 1e-3
    standard = (numbers - 0.5) * math.sqrt(12)
    for one, other in [
        (standard[:, :-1], standard[:, 1:]),  # one number and the next
        (standard[:-1], standard[1:]),  # one image and the next
        (standard[:, :-224], standard[:, 224:]),  # one row of a 224 px image and the next
    ]:
        assert abs((one * other).mean()) < 4 / math.sqrt(one.numel())


def test_no_correlation_between_any_two_keys():
    numbers = Draw.of(0, [str(i) for i in range(200)], "quality").uniform(5000)
    correlation = np.corrcoef(numbers.numpy()) - np.eye(200)
    largest = stats.norm.isf(1e-3 / (200 * 199 / 2) / 2) / math.sqrt(5000)
    assert np.abs(correlation).max() < largest


def test_every_bit_is_fair_and_every_value_of_a_die_as_frequent():
    bits = Draw.of(0, NAMES, "bits").bits(20_000).flatten()
    for place in range(64):
        share = ((bits >> place) & 1).double().mean().item()
        assert abs(share - 0.5) < 5 * 0.5 / math.sqrt(bits.numel())
    counts = Draw.of(0, NAMES, "die").integers(97, 20_000).flatten().bincount()
    assert stats.chisquare(counts.numpy()).pvalue > 1e-3


def test_avalanche_one_bit_of_the_key_changes_half_of_the_output():
    key = Draw.of(0, ["a"], "s").keys
    flipped = torch.cat([key ^ (1 << place if place < 63 else -(2**63)) for place in range(64)])
    change = Draw(flipped).bits(100) ^ Draw(key).bits(100)
    share = sum(bin(word).count("1") for word in unsigned(change)) / (64 * 64 * 100)
    assert abs(share - 0.5) < 0.005


@pytest.mark.parametrize("device", DEVICES)
def test_every_device_draws_the_same_bits(device):
    there = Draw.of(0, NAMES, "noise", device)
    here = Draw.of(0, NAMES, "noise")
    assert there.keys.device.type == device
    assert torch.equal(there.uniform(224, 224).cpu(), here.uniform(224, 224))
    assert torch.equal(there.integers(1000, 224).cpu(), here.integers(1000, 224))


@pytest.mark.parametrize("keys", [torch.zeros(2, 2, dtype=torch.int64), torch.zeros(2)])
def test_wrong_keys(keys):
    with pytest.raises(InputError, match=r"expected `keys` of shape \(N,\) and type torch.int64, got"):
        Draw(keys)


def test_one_name_instead_of_a_sequence():
    with pytest.raises(InputError, match="expected `identities` to be a sequence of names, got one string"):
        Draw.of(0, "a.png", "noise")


@pytest.mark.parametrize("high", [0, -1, 2**31 + 1])
def test_integers_out_of_range(high):
    with pytest.raises(InputError, match=r"expected `high` in 1 ... 2\^31, got"):
        Draw.of(0, ["a"], "s").integers(high)
