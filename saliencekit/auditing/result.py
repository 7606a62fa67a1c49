"""What an audit found, as it lies in its folder."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, one_of
from ..files import sha256
from .collecting import Levels, by_condition
from .measured import Draw, MeasureResult, drawn

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 1


class Records(Mapping[str, "pd.DataFrame"]):
    """The records of an audit by measure, read from Parquet each time they are asked for.

    Parameters
    ----------
    folder
        The audit's ``records`` folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __getitem__(self, measure: str) -> pd.DataFrame:
        import pandas as pd

        with self._readable(measure) as path:
            return pd.read_parquet(path)

    def columns(self, measure: str, names: Sequence[str]) -> pd.DataFrame:
        """Return some columns of a measure, those of ``names`` that it has; words but the image's as categories."""
        import pyarrow.parquet as pq

        with self._readable(measure) as path:
            schema = pq.read_schema(path)
            words = [name for name in schema.names if name != "image" and "string" in str(schema.field(name).type)]
            wanted = [name for name in names if name in schema.names]
            frame: pd.DataFrame = pq.read_table(path, columns=wanted, read_dictionary=words).to_pandas()
            return frame

    def pieces(self, measure: str, columns: Sequence[str] | None = None) -> Iterator[pd.DataFrame]:
        """Yield the records of a measure in pieces, one in memory at a time; no image is cut in two."""
        import pyarrow.parquet as pq

        with self._readable(measure) as path, pq.ParquetFile(path) as file:
            for number in range(file.num_row_groups):
                wanted = None if columns is None else [each for each in columns if each in file.schema_arrow.names]
                yield file.read_row_group(number, wanted).to_pandas()

    def by_condition(self, measure: str, conditions: Sequence[str], columns: Sequence[str]) -> Levels:
        """Return columns of a measure apart by condition; what is held of 100,000 images is their numbers."""
        return by_condition(self.pieces(measure, [*conditions, *columns]), conditions, columns)

    @contextmanager
    def _readable(self, measure: str) -> Iterator[Path]:
        if measure not in self:
            raise KeyError(f"no records of {measure!r}: there are {', '.join(self) or 'none'}")
        path = self.folder / f"{measure}.parquet"
        try:
            yield path
        except (ValueError, OSError) as error:  # pyarrow's errors are these
            raise InputError(f"{path} cannot be read: {error}") from error

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(path.stem for path in self.folder.glob("*.parquet")))

    def __contains__(self, measure: object) -> bool:
        return measure in list(self)  # a mapping's own way would be to read the records

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True)
class AuditResult:
    """One finished audit; ``result["entropy"]`` is what one measure found.

    Parameters
    ----------
    folder
        Where it lies: ``summary.json``, ``records/``, ``gallery/``, ``run.json``, ``report.html``.
    summary
        The content of ``summary.json``; ``summary["measures"][name]`` has the value, its interval, its
        null value, and so on.
    draw
        How it is drawn.
    """

    folder: Path
    summary: dict[str, Any]
    draw: Draw | None = field(default=None, repr=False, compare=False)

    def __getitem__(self, measure: str) -> MeasureResult:
        """Return what one measure found.

        Raises
        ------
        UsageError
            If the audit has no such measure.
        """
        entry = self.summary["measures"][one_of(measure, self.summary["measures"], "measure of this audit")]
        return MeasureResult(measure, entry, self.records, self.draw)

    def plot(self, measure: str = "") -> Any:
        """Return the figure of one measure; without a word, every measure's value with its interval and null value.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        UsageError
            If the audit has no such measure, or there is nothing to draw of it.
        """
        return self[measure].plot() if measure else drawn(self.draw, self)

    @cached_property
    def records(self) -> Records:
        """Rows per image and condition, a data frame a measure."""
        return Records(self.folder / "records")

    def frame(self) -> pd.DataFrame:
        """Return the headline numbers, a row a measure: value, interval, null value, count, unit, direction, reason.

        Numbers of measures that are not applicable are NaN, and ``reason`` says why.
        """
        import pandas as pd

        columns = ("value", "ci_low", "ci_high", "null", "n", "degenerate", "unit", "direction", "reason")
        measures = self.summary["measures"]
        rows = {name: {column: entry.get(column) for column in columns} for name, entry in measures.items()}
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(columns))
        return frame.astype(dict.fromkeys(("value", "ci_low", "ci_high", "null"), "float64"))

    def _repr_html_(self) -> str:
        """Show the numbers, as a notebook does."""
        frame = self.frame()
        reasons = frame.pop("reason")
        table = frame.to_html(float_format=lambda value: f"{value:.3f}", na_rep="", escape=True, border=0)
        missing = "".join(
            f"<p>{html.escape(str(name))}: not applicable, {html.escape(why)}</p>"
            for name, why in reasons.dropna().items()
        )
        return f"{table}{missing}<p>{html.escape(str(self.folder / 'report.html'))}</p>"

    @property
    def average_maps(self) -> pd.DataFrame | None:
        """Average maps by run, class and group, a row a cell; None in an audit of before there were some."""
        import pandas as pd

        path = self.folder / "average_maps.parquet"
        if not path.is_file():
            return None
        try:
            return pd.read_parquet(path)
        except (ValueError, OSError) as error:
            raise InputError(f"{path} cannot be read: {error}") from error

    @property
    def gallery(self) -> list[dict[str, Any]]:
        """Images chosen for looking at, as ``gallery/gallery.json`` lists them; empty if there are none."""
        listing = self.folder / "gallery" / "gallery.json"
        if not listing.is_file():
            return []
        try:
            found = json.loads(listing.read_text(encoding="utf-8"))
        except ValueError as error:
            raise InputError(f"{listing} cannot be read: {error}") from error
        if not (isinstance(found, list) and all(isinstance(each, dict) for each in found)):
            raise InputError(f"{listing} is not the list that the audit wrote: run it again, or delete it")
        return found


def load_audit(folder: str | os.PathLike[str], *, draw: Draw | None = None) -> AuditResult:
    """Read a finished audit from its folder.

    Parameters
    ----------
    folder
        As ``saliencekit audit`` wrote it.
    draw
        How the result draws itself, where it shall.

    Raises
    ------
    InputError
        If the folder holds no finished audit, one written by a newer saliencekit, or one whose records are missing or
        whose records or summary are not those that the audit wrote.
    """
    from ..measures import MEASURES

    folder = Path(folder)
    path = folder / "summary.json"
    if not path.is_file():
        unfinished = (folder / "parts").is_dir()
        hint = "; it is unfinished: `saliencekit audit ... --resume` goes on with it" if unfinished else ""
        raise InputError(f"{folder} holds no finished audit (no summary.json){hint}")
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
        version = int(summary["schema_version"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not the summary of an audit: {error}") from error
    if version > SCHEMA_VERSION:
        raise InputError(f"{path} has schema {version}, and this saliencekit reads up to {SCHEMA_VERSION}: update it")
    _refuse_misshapen(path, summary)
    for name, entry in summary["measures"].items():
        if name in MEASURES and entry.get("status") == "ok" and not (folder / "records" / f"{name}.parquet").is_file():
            raise InputError(f"{folder} lacks the records of {name}: it is no whole audit, run it again")
    _refuse_edited(folder)
    return AuditResult(folder, summary, draw)


def _refuse_misshapen(path: Path, summary: dict[str, Any]) -> None:
    """Refuse a summary without what everything that reads one goes by."""
    measures = summary.get("measures")
    whole = isinstance(measures, dict) and all(
        isinstance(entry, dict) and {"status", "direction"} <= entry.keys() for entry in measures.values()
    )
    if not whole:
        raise InputError(f"{path} is not the summary of an audit: its measures lack a status or a direction")


def _refuse_edited(folder: Path) -> None:
    """Hold summary and records against the hashes that the audit noted of them in ``run.json``, where it noted any."""
    path = folder / "run.json"
    if not path.is_file():
        return
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
        noted = {folder / "records" / f"{name}.parquet": digest for name, digest in (run.get("records") or {}).items()}
        if "summary" in run:
            noted[folder / "summary.json"] = run["summary"]
    except (ValueError, AttributeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    for file, digest in noted.items():
        if not file.is_file() or sha256(file) != digest:
            raise InputError(
                f"{file} is not what the audit wrote, so that its numbers are not to be trusted: run it again"
            )
