"""``saliencekit check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ._app import app
from ._ending import print_json

if TYPE_CHECKING:
    from rich.table import Table

    from ..data import DataCheck

AT_FAULT = 3
MOST_ROWS = 40  # of the table of counts
MOST_KINDS = 5  # sizes, modes or formats that a line names


@app.command
def check(
    data: Path,
    /,
    *,
    human_maps: Path | None = None,
    group_column: str | None = None,
    identity_column: str | None = None,
    allow_outside: Annotated[bool, Parameter(negative=())] = False,
    workers: int = -1,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Read a data set's images and human maps and say what is wrong: exit code 3 with errors, 0 with warnings.

    Parameters
    ----------
    data
        Folder, manifest, or CSV of the CYBORG authors.
    human_maps
        Folder of human maps, matched by base name.
    group_column
        Column of the manifest whose values may be in one split only: a video, a session.
    identity_column
        Another such column: a person, a source photograph.
    allow_outside
        Take a table's paths that lead out of its folder as well.
    workers
        Processes that read; -1 chooses.
    json
        Print the result as JSON on stdout.
    """
    from ..data import check_data

    found = check_data(
        data,
        human_maps=human_maps,
        group_column=group_column,
        identity_column=identity_column,
        allow_outside=allow_outside,
        workers=workers,
    )
    if json:
        print_json(found.to_dict())
    else:
        _show(found)
    return 0 if found.ok else AT_FAULT


def _show(found: DataCheck) -> None:
    from rich.console import Console
    from rich.text import Text

    from ..showing.names import shown

    console = Console(highlight=False)
    console.print(Text(shown(f"{found.source} ({found.kind}): {found.images:,} images"), style="bold"), soft_wrap=True)
    console.print(_counts(found))
    if len(found.counts) > MOST_ROWS:
        console.print(Text(f"and {len(found.counts) - MOST_ROWS:,} more rows"))
    for word, kinds in (("sizes", found.sizes), ("modes", found.modes), ("formats", found.formats)):
        console.print(Text(shown(f"{word}: {_frequent(kinds)}")), soft_wrap=True)
    usable = f"human maps: {found.coverage:.1%} of the images have a usable one"
    console.print(Text(f"{usable} ({_frequent(found.maps)})" if found.maps else "human maps: none"), soft_wrap=True)
    for finding in found.findings:
        style = "bold red" if finding.severity == "error" else "yellow"
        said = Text.assemble((f"{finding.severity}: ", style), shown(finding.sentence))
        console.print(said, soft_wrap=True)
    errors = sum(finding.severity == "error" for finding in found.findings)
    warnings = len(found.findings) - errors
    console.print(Text(f"{_number(errors, 'error')}, {_number(warnings, 'warning')}", style="bold"))


def _counts(found: DataCheck) -> Table:
    from rich.table import Table
    from rich.text import Text

    from ..reports.text import NOTHING
    from ..showing.names import shown

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("split", "class", "group"):
        table.add_column(column, overflow="fold")
    for column in ("images", "human maps"):
        table.add_column(column, justify="right")
    for each in found.counts[:MOST_ROWS]:
        words = [NOTHING if word is None else shown(word) for word in (each.split, each.label, each.group)]
        table.add_row(*(Text(word) for word in (*words, f"{each.images:,}", f"{each.human_maps:,}")))
    return table


def _frequent(kinds: dict[str, int]) -> str:
    named = [f"{count:,} {word}" for word, count in list(kinds.items())[:MOST_KINDS]]
    more = len(kinds) - len(named)
    return ", ".join(named) + (f" and {more:,} more" if more else "") or "none"


def _number(count: int, word: str) -> str:
    return f"{count or 'no'} {word}{'' if count == 1 else 's'}"
