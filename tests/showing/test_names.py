import pytest

from saliencekit.showing.names import shorten, shown


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("plain name.png", "plain name.png"),
        ("a\x00b", "a\\x00b"),
        ("bell\x07", "bell\\x07"),
        ("tab\tnew\nline", "tab\\x09new\\x0aline"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b2J", "\\x9b2J"),  # the one-sign form of the same escape
        ("gnp\u202eexe", "gnp\\u202eexe"),
        ("a\u2066b\u2069", "a\\u2066b\\u2069"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("line\u2028end", "line\\u2028end"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("bytes \udcff.png", "bytes \\xff.png"),
        ("lone \ud800", "lone \\ud800"),
    ],
)
def test_hidden_signs_are_spelled_out(name, seen):
    assert shown(name) == seen
    seen.encode("utf-8")  # and can be written


@pytest.mark.parametrize("name", ["שלום", "مرحبا", "名前", "🙂", "👨\u200d👩\u200d👧", "می\u200cخواهم", "$x_1$", "é"])
def test_scripts_and_joined_signs_stay(name):
    assert shown(name) == name


def test_shorten_keeps_both_ends_and_never_more_than_asked():
    assert shorten("a" * 28) == "a" * 28
    long = "start" + "x" * 300 + "end.png"
    assert len(shorten(long)) == 28
    assert shorten(long).startswith("start")
    assert shorten(long).endswith("end.png")
    assert "\x1b" not in shorten("\x1b" * 300)
