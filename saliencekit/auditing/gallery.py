"""A few images worth looking at: those of lowest, median and highest entropy in each class, and confident mistakes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ..files import write_json, written_whole

if TYPE_CHECKING:
    import pandas as pd

PLACES = ("lowest", "median", "highest")
WRONG = "wrong"
MOST = 400
Shown = Mapping[int, tuple[Tensor, Tensor]]


def choose(records: pd.DataFrame, each: int, *, most: int = MOST) -> pd.DataFrame:
    """Return the rows of the entropy records to show, with their ``place`` and ``class``.

    The class is the label where one is known, else what was predicted. In a class of fewer images than
    there are places, every image is shown once.

    Parameters
    ----------
    records
        Of entropy, a row an image.
    each
        How many images of each class and place: lowest, median and highest entropy, and those predicted wrongly with
        the highest score. An image of two places is shown at the first.
    most
        How many in all: where there are very many classes, each gets fewer.
    """
    import pandas as pd

    chosen = []
    of_class = records["label"].fillna(records["predicted"])
    for name, rows in records.groupby(of_class, sort=True):
        ordered = rows.sort_values(["entropy", "image"], kind="stable")
        count = min(each, max(1, len(ordered) // len(PLACES)))
        middle = (len(ordered) - count) // 2
        for place, start in zip(PLACES, (0, middle, len(ordered) - count), strict=True):
            chosen.append(ordered.iloc[start : start + count].assign(place=place, **{"class": str(name)}))
        mistaken = rows[(rows["label"] != rows["predicted"]).fillna(False).astype(bool)]
        worst = mistaken.sort_values(["score", "image"], ascending=[False, True], kind="stable")
        chosen.append(worst.iloc[:each].assign(place=WRONG, **{"class": str(name)}))
    if not chosen:
        return records.iloc[:0]
    found = pd.concat(chosen).drop_duplicates("index")
    turn = found.groupby(["class", "place"], sort=False).cumcount()
    return found[turn.rank(method="first") <= most]


def write_gallery(folder: Path, chosen: pd.DataFrame, look: Callable[[Sequence[int]], Shown]) -> None:
    """Write each chosen image as the network saw it, its map, and the list of them.

    Parameters
    ----------
    folder
        Replaced if it exists.
    chosen
        From :func:`choose`.
    look
        From image numbers to each one's image in [0, 1] ``(C, H, W)`` and raw map ``(h, w)``, on the CPU. A file that
        can be read no more has none, and is not shown.
    """
    shutil.rmtree(folder, ignore_errors=True)
    listing: list[dict[str, Any]] = []
    for start in range(0, len(chosen), 16):
        rows = chosen.iloc[start : start + 16]
        shown = look([int(each) for each in rows["index"]])
        for offset, (_, row) in enumerate(rows.iterrows()):
            if int(row["index"]) not in shown:
                continue
            image, salience = shown[int(row["index"])]
            stem = f"{start + offset:03d}"
            _write_image(folder / f"{stem}.png", image)
            with written_whole(folder / f"{stem}.npy") as path, path.open("wb") as stream:
                np.save(stream, salience.numpy().astype(np.float32), allow_pickle=False)
            listing.append({"file": f"{stem}.png", "map": f"{stem}.npy", **_facts(row)})
    write_json(folder / "gallery.json", listing)


def _facts(row: pd.Series) -> dict[str, Any]:
    import pandas as pd

    words = {name: None if pd.isna(row[name]) else str(row[name]) for name in ("label", "predicted", "group")}
    return {
        "image": str(row["image"]),
        **words,
        "score": float(row["score"]),
        "entropy": float(row["entropy"]),
        "place": str(row["place"]),
        "class": str(row["class"]),
    }


def _write_image(path: Path, image: Tensor) -> None:
    from PIL import Image

    pixels = (image.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    pixels = pixels[:, :, 0] if pixels.shape[2] in (1, 2) else pixels[:, :, :3]
    with written_whole(path) as temporary:
        Image.fromarray(pixels).save(temporary, format="PNG")
