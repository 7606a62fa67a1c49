"""Average maps by class, group and run: sums of each part, put together when the audit ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from ..files import written_whole
from ..functional import as_unit_range

if TYPE_CHECKING:
    import pandas as pd

NAME = "average_maps"
MOST_CELLS = 32
KEYS = ["factor", "level", "row", "column"]


def small_maps(runs: Tensor) -> Tensor:
    """Return raw maps ``(R, N, h, w)`` scaled to [0, 1], each by its own range, at most ``MOST_CELLS`` cells a side.

    Larger ones are averaged over blocks of cells: a table of as many rows as an image has pixels would not fit in
    memory for each of a thousand classes.
    """
    unit = as_unit_range(runs.flatten(0, 1))
    height, width = unit.shape[-2:]
    block = -(-max(height, width) // MOST_CELLS)
    if block > 1:
        unit = avg_pool2d(unit, block, ceil_mode=True)  # a block over the edge is the mean of what is in it
    return unit.reshape(*runs.shape[:2], *unit.shape[-2:])


def sums_of(runs: Tensor, flat: Tensor, *, labels: Sequence[str | None], groups: Sequence[str | None]) -> pd.DataFrame:
    """Return sums of maps; constant ones are left out.

    Parameters
    ----------
    runs
        ``(R, N, h, w)``, as :func:`small_maps` returns them; those of the first run are summed by class and group too.
    flat
        ``(R, N)`` bool, whether a map is constant.
    labels, groups
        N names each; None where not known.

    Returns
    -------
    pandas.DataFrame
        A row a cell: ``factor level row column`` (a run's level is its number), ``total`` and ``images``.
    """
    import pandas as pd

    unit = runs.cpu().double()
    counted = (~flat).cpu()
    unit = torch.where(counted[..., None, None], unit, torch.zeros((), dtype=unit.dtype))
    frames = [_frame("run", str(run), unit[run], counted[run]) for run in range(len(unit))]
    for factor, names in (("label", labels), ("group", groups)):
        for level in sorted({name for name in names if name is not None}):
            own = torch.tensor([name == level for name in names])
            frames.append(_frame(factor, level, unit[0][own], counted[0][own]))
    return pd.concat(frames, ignore_index=True)


def write_averages(files: Sequence[Path], target: Path, *, run_names: Sequence[str]) -> None:
    """Put the sums of all parts together and write their means, one part in memory at a time; nothing of nothing.

    The file has a row a cell: ``factor`` (``run``, ``label``, ``group``), ``level``, ``row``, ``column``, ``value`` in
    [0, 1] and ``images``; levels of which every map is constant are not in it.
    """
    import pandas as pd

    whole: pd.DataFrame | None = None
    for path in files:
        part = pd.read_parquet(path).set_index(KEYS)
        whole = part if whole is None else whole.add(part, fill_value=0)
    if whole is None:
        return
    frame = whole.reset_index().sort_values(KEYS, kind="stable")
    frame = frame[frame["images"] > 0]
    runs = frame["factor"] == "run"
    names = {str(number): name for number, name in enumerate(run_names)}
    frame["level"] = frame["level"].where(~runs, frame["level"].map(names))
    frame["value"] = frame["total"] / frame["images"]
    frame["images"] = frame["images"].astype("int64")
    with written_whole(target) as temporary:
        frame[[*KEYS, "value", "images"]].to_parquet(temporary, index=False)


def average_maps(frame: pd.DataFrame, factor: str) -> Iterator[tuple[str, int, np.ndarray]]:
    """Yield level, number of images and average map ``(h, w)`` of a factor, in the order of the file."""
    rows = frame[frame["factor"] == factor]
    for level, part in rows.groupby("level", sort=False):
        shape = (int(part["row"].max()) + 1, int(part["column"].max()) + 1)
        salience = np.zeros(shape)
        salience[part["row"].to_numpy(), part["column"].to_numpy()] = part["value"].to_numpy()
        yield str(level), int(part["images"].iloc[0]), salience


def _frame(factor: str, level: str, maps: Tensor, counted: Tensor) -> pd.DataFrame:
    import pandas as pd

    rows, columns = torch.meshgrid(*map(torch.arange, maps.shape[-2:]), indexing="ij")
    return pd.DataFrame(
        {
            "factor": factor,
            "level": level,
            "row": rows.flatten().numpy(),
            "column": columns.flatten().numpy(),
            "total": maps.sum(0).flatten().numpy(),
            "images": int(counted.sum()),
        }
    )
