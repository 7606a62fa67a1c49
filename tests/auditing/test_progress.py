import os
import sys
from contextlib import contextmanager, suppress

import pytest

from saliencekit.auditing.progress import progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand: ``clock[0]`` is what it shows."""
    shown = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: shown[0])
    return shown


def lines(capsys):
    said = capsys.readouterr()
    assert said.out == ""  # stdout is for results
    return said.err.splitlines()


def test_a_line_every_ten_seconds_and_one_at_the_end(clock, capsys):
    with progress("data", 40, show=True) as advance:
        clock[0] += 9
        advance(8)
        assert lines(capsys) == []
        clock[0] += 1
        advance(2)
        assert lines(capsys) == ["data: 10 of 40 images, 1.0 images/s, 30 s left"]
        clock[0] += 9
        advance(10)
        assert lines(capsys) == []
        clock[0] += 1
        advance(20)
        assert lines(capsys) == ["data: 40 of 40 images, 2.0 images/s, 0 s left"]


def test_no_time_gone_is_no_division_by_zero(clock, capsys):
    with progress("data", 2, show=True) as advance:
        advance(2)
    assert len(lines(capsys)) == 1


@pytest.mark.parametrize(("total", "show"), [(3, False), (0, True)])
def test_silent_when_not_asked_for_or_nothing_is_to_be_done(capsys, total, show):
    with progress("data", total, show=show) as advance:
        advance(total)
    assert lines(capsys) == []


def test_control_characters_of_a_name_do_not_reach_the_terminal(capsys):
    with progress("data\x1b[2J\x07", 1, show=True) as advance:
        advance(1)
    assert not {"\x1b", "\x07"} & set(capsys.readouterr().err)


@contextmanager
def terminal(monkeypatch):
    """A real pseudo-terminal as stderr; gives a list that afterwards holds what was drawn."""
    master, slave = os.openpty()
    drawn = []
    with monkeypatch.context() as patch, os.fdopen(slave, "w") as stream:
        patch.setattr(sys, "stderr", stream)
        patch.setenv("TERM", "xterm")
        patch.setenv("COLUMNS", "100")
        yield drawn
        stream.flush()
        os.set_blocking(master, False)
        with suppress(BlockingIOError):  # nothing left
            while True:
                drawn.append(os.read(master, 4096).decode(errors="replace"))
    os.close(master)


def test_a_bar_on_a_terminal(monkeypatch, capsys):
    with terminal(monkeypatch) as drawn, progress("[bold]data", 30, show=True) as advance:
        advance(10)
        advance(20)
    assert "[bold]data" in "".join(drawn)  # markup in a folder's name is text
    assert "30/30" in "".join(drawn)
    assert "images/s" in "".join(drawn)
    assert capsys.readouterr().out == ""


def test_a_failure_leaves_the_terminal_usable(monkeypatch):
    with terminal(monkeypatch) as drawn:
        with pytest.raises(KeyError, match="stop"), progress("data", 30, show=True) as advance:
            advance(10)
            raise KeyError("stop")
    assert "".join(drawn).rfind("\x1b[?25h") > "".join(drawn).rfind("\x1b[?25l") > -1  # the cursor is shown again


def test_control_characters_do_not_reach_a_bar_either(monkeypatch):
    with terminal(monkeypatch) as drawn, progress("data\x1b[5mblink", 1, show=True) as advance:
        advance(1)
    assert "\x1b[5m" not in "".join(drawn)
