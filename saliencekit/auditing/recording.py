"""From what the batches of a part gave to its records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ..errors import ModelError
from ..measures import Entropy
from ..measures.kinds import DEGENERATE, KINDS, count_kinds
from . import averages
from .found import Found
from .parts import Account
from .subjects import Subjects

if TYPE_CHECKING:
    import pandas as pd


class Recorder:
    """Collects the batches of one part; the device is waited for once, when the part is done.

    Parameters
    ----------
    subjects
        Whose images the batches hold.
    classes
        Names of the model's classes; may be empty.
    keep_maps
        Whether :meth:`maps` will be asked for; otherwise the maps, which may be as large as the images, are let go.
    """

    def __init__(self, subjects: Subjects, classes: tuple[str, ...], *, keep_maps: bool = False) -> None:
        self.subjects = subjects
        self.classes = classes
        self.keep_maps = keep_maps
        self.batches: list[tuple[list[int], Found]] = []
        self.skipped: list[tuple[str, str]] = []

    def add(self, index: list[int], found: Found) -> None:
        """Take in a batch: the numbers of its images and what it gave."""
        kept = found if self.keep_maps else replace(found, maps=found.maps.new_empty(0))
        self.batches.append((index, kept))

    def skip(self, index: int, reason: str) -> None:
        """Take note of an image that could not be read."""
        self.skipped.append((self.subjects.images[index], reason))

    def account(self) -> Account:
        """Say what became of the part's images."""
        scored = sum(len(index) for index, _ in self.batches)
        found = [each for _, found in self.batches for each in found.kinds.tolist()]
        kinds = count_kinds(KINDS[each] for each in found if each >= 0)
        runs = [found.degenerate_runs for _, found in self.batches]
        of_runs = torch.cat(runs, dim=1).sum(1).tolist() if runs else []
        degenerate = sum(kinds[name] for name in DEGENERATE)
        return Account(scored, degenerate, tuple(self.skipped), tuple(int(each) for each in of_runs), kinds)

    def maps(self) -> np.ndarray | None:
        """Return the clean maps ``(n, h, w)`` if they are kept, or None if no image of the part could be read."""
        return torch.cat([found.maps for _, found in self.batches]).cpu().numpy() if self.batches else None

    def average_maps(self) -> pd.DataFrame | None:
        """Return the sums that average maps are made of, or None if no image of the part could be read."""
        if not self.batches:
            return None
        index = [each for numbers, _ in self.batches for each in numbers]
        subjects = self.subjects
        return averages.sums_of(
            torch.cat([found.small_runs for _, found in self.batches], dim=1),
            torch.cat([found.degenerate_runs for _, found in self.batches], dim=1),
            labels=[subjects.class_name(subjects.labels[each]) for each in index],
            groups=[subjects.groups[each] for each in index],
        )

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the records of the part by measure.

        Raises
        ------
        ModelError
            If the network gave a logit that is not a finite number; the first image is named.
        """
        import pandas as pd

        self._refuse_non_finite()
        names = list(self.batches[0][1].rows) if self.batches else []
        frames = {name: pd.concat([self._frame(name, index, found) for index, found in self.batches]) for name in names}
        return {name: frame.sort_values("index", kind="stable") for name, frame in frames.items()}

    def _frame(self, name: str, index: list[int], found: Found) -> pd.DataFrame:
        import pandas as pd

        columns = found.rows[name].columns()
        numbers = [index[each] for each in torch.as_tensor(columns.pop("index")).tolist()]
        frame = pd.DataFrame({"index": numbers, "image": [self.subjects.images[each] for each in numbers]})
        if name == Entropy.name:  # one row an image: the place for what is known of it
            predicted = [_name(each, self.classes) for each in found.predicted.tolist()]
            frame["group"] = pd.Series([self.subjects.groups[each] for each in numbers], dtype="string")
            labels = [self.subjects.class_name(self.subjects.labels[each]) for each in numbers]
            frame["label"] = pd.Series(labels, dtype="string")
            frame["predicted"] = pd.Series(predicted, dtype="string")
        for title, column in columns.items():
            if isinstance(column, Tensor):
                frame[title] = column.numpy()
            elif title in found.rows[name].words:  # of one type, also where a part has none
                frame[title] = pd.Series(column, dtype="string")
            else:
                frame[title] = column
        return frame

    def _refuse_non_finite(self) -> None:
        for index, found in self.batches:
            finite = found.finite.tolist()
            if not all(finite):
                image = self.subjects.images[index[finite.index(False)]]
                raise ModelError(
                    f"the network gave logits that are not finite numbers, first for {image} or a view of it"
                )


def _name(number: int, classes: Sequence[str]) -> str:
    return classes[number] if number < len(classes) else str(number)
