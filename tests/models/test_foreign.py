import pytest
import torch

from saliencekit.errors import ModelError, UnsafeFileError
from saliencekit.models.foreign import first_line, network_at_fault, said_in_one_sentence


@pytest.mark.parametrize("error", [ValueError, AssertionError, ImportError, KeyError, RuntimeError, SyntaxError])
def test_any_failure_becomes_one_sentence(error: type[Exception]) -> None:
    with (
        pytest.raises(ModelError, match=f"doing it failed with {error.__name__}: .*boom"),
        said_in_one_sentence("doing it"),
    ):
        raise error("boom\nand a page more")


def test_own_errors_and_interrupts_pass_through() -> None:
    for error in (UnsafeFileError("x"), KeyboardInterrupt(), SystemExit(3)):
        with pytest.raises(type(error)), said_in_one_sentence("doing it"):
            raise error


def test_first_line_shows_control_characters_and_ends() -> None:
    assert first_line(ValueError("\n\n a\x1b[31mred\nnext")) == "a\\x1b[31mred"
    assert len(first_line(ValueError("x" * 5000))) == 300
    assert first_line(ValueError()) == "no message"


class Own(Exception):
    """A class that only its network knows."""


@pytest.mark.parametrize("error", [AssertionError, KeyError, NotImplementedError, StopIteration, OSError, Own])
def test_whatever_a_network_raises_is_its_own_fault(error: type[Exception]) -> None:
    sentence = rf"^the network failed on images of \(C, H, W\) = \(3, 8, 9\): {error.__name__}: .*boom'?$"
    with pytest.raises(ModelError, match=sentence), network_at_fault(torch.empty(3, 8, 9).shape):
        raise error("boom\nand a page more") if error is not KeyError else error("boom")


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("full"), MemoryError(), UnsafeFileError("x"), SystemExit(3)])
def test_no_fault_of_the_network_passes_through(error: BaseException) -> None:
    with pytest.raises(type(error)) as found, network_at_fault((3, 8, 9)):
        raise error
    assert found.value is error
