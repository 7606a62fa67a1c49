"""Names as people may read them: nothing hidden in them, and no longer than there is room."""

from __future__ import annotations

import unicodedata

# Signs that move or hide other signs; the joiners of emoji and of Persian are left alone.
_HIDDEN = frozenset("\u00ad\u061c\u180e\u200b\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff") | frozenset(
    chr(code)
    for span in ((0x202A, 0x202F), (0x2066, 0x2070), (0xFFF9, 0xFFFC), (0xE0000, 0xE0080))
    for code in range(*span)
)


def shown(text: str) -> str:
    r"""Return ``text`` with every control, direction-changing or undecodable sign spelled out.

    Right-to-left letters and emoji stay as they are; what would ring a bell, clear a terminal or turn a name
    around is written as its escape.

    >>> shown("a\x1b[2Jb\u202egnp.exe")
    'a\\x1b[2Jb\\u202egnp.exe'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_spelled(sign) for sign in text)


def shorten(text: str, *, length: int = 28) -> str:
    """Return ``text`` as :func:`shown`, its middle left out where it is longer than ``length`` signs.

    >>> shorten("generator-with-a-very-long-name", length=15)
    'generat…ng-name'
    """
    text = shown(text)
    if len(text) <= length:
        return text
    head = length // 2
    return f"{text[:head]}…{text[head + 1 - length :]}"


def _spelled(sign: str) -> str:
    code = ord(sign)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if sign in _HIDDEN or unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp"):
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return sign
