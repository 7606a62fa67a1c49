import pytest

from saliencekit.errors import ModelError, UnsafeFileError
from saliencekit.models.foreign import first_line, said_in_one_sentence


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
