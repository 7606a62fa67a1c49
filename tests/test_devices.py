import pytest
import torch

from saliencekit.devices import FEW, chosen_device, decoding_processes, in_halves, is_out_of_memory
from saliencekit.errors import EnvironmentFault, UsageError


def test_auto_is_where_the_network_is():
    assert chosen_device("auto", here=torch.device("cpu")) == torch.device("cpu")


def test_words_that_will_not_do():
    with pytest.raises(UsageError, match="unknown device 'abacus'"):
        chosen_device("abacus")
    with pytest.raises(UsageError, match="'meta' has no values"):
        chosen_device("meta")
    with pytest.raises(EnvironmentFault, match="'cuda:99' cannot be used here"):
        chosen_device("cuda:99")


def test_processes():
    assert decoding_processes(0, 10**6, torch.device("cpu")) == 0
    assert 1 <= decoding_processes(-1, 10**6, torch.device("cpu")) <= 8
    assert decoding_processes(-1, FEW - 1) == 0
    assert 1 <= decoding_processes(-1, FEW) <= 16


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 MiB"), True),
        (MemoryError(), True),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory"), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("not enough memory of the past"), False),
    ],
)
def test_what_a_lack_of_memory_looks_like(error, full):
    assert is_out_of_memory(error) is full


def test_the_allocator_of_the_cpu_is_understood():
    with pytest.raises(RuntimeError) as found:
        torch.empty(10**15)
    assert is_out_of_memory(found.value)


def small(most, seen):
    """A device that takes at most so many images at a time."""

    def look(some):
        if some.stop - some.start > most:
            raise torch.OutOfMemoryError("full\nand a page more")
        seen.append((some.start, some.stop))
        return list(range(some.start, some.stop))

    return look


@pytest.mark.parametrize(("most", "looks"), [(7, [(0, 7)]), (4, [(0, 3), (3, 7)]), (1, [(n, n + 1) for n in range(7)])])
def test_a_batch_is_halved_until_it_fits(most, looks):
    seen = []
    assert in_halves(small(most, seen), slice(0, 7), list.__add__) == list(range(7))
    assert seen == looks


def test_no_memory_for_one_image_is_said():
    with pytest.raises(EnvironmentFault, match=r"^there is no memory for a single image \(full\): take smaller images"):
        in_halves(small(0, []), slice(0, 4), list.__add__)


def test_other_errors_are_not_taken_for_a_lack_of_memory():
    def look(some):
        raise RuntimeError("shapes")

    with pytest.raises(RuntimeError, match=r"^shapes$"):
        in_halves(look, slice(0, 4), list.__add__)
