"""What a measure is: one question, the views it needs, and rows out of their maps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from torch import Tensor

from ..errors import UsageError
from ..functional.logits import Target
from ..functional.random import Draw
from .views import Cell, Clean, Extract, Rows, Seen, View

if TYPE_CHECKING:
    import pandas as pd

Direction = Literal["lower", "higher", "neither"]


@dataclass(frozen=True)
class Quantity:
    """One number of each image: how to get it from the records, and what it means.

    Parameters
    ----------
    column
        Record column; the image's number is the mean over its conditions.
    unit
        As the report prints it.
    null
        Record column of the null value, if each image has its own.
    """

    column: str
    unit: str
    null: str | None = None


class Measure(ABC):
    """A question about a model's maps over a data set.

    A subclass is a frozen dataclass of its settings. Class attributes say what the report prints.
    """

    name: ClassVar[str]
    question: ClassVar[str]
    unit: ClassVar[str]
    value_range: ClassVar[str]
    direction: ClassVar[Direction]
    null_is: ClassVar[str]
    reading: ClassVar[str]
    headline: ClassVar[Quantity]
    also: ClassVar[Mapping[str, Quantity]] = {}
    factor: ClassVar[str] = ""  # name of the table by condition; empty: there is none
    factor_columns: ClassVar[tuple[str, ...]] = ()  # the condition columns that make its levels
    factor_value: ClassVar[str] = ""  # the record column that it averages

    @property
    def views(self) -> tuple[View, ...]:
        """The views that this measure needs; none by default."""
        return ()

    @abstractmethod
    def rows(self, clean: Clean, seen: Mapping[str, Seen]) -> Rows:
        """Return the rows of a batch from its clean side and the views asked for."""

    def lacks(self, *, runs: int, sets: int) -> str | None:
        """Return why there can be no value (runs: models given; sets: out-of-set collections), or None."""
        del runs, sets
        return None

    def per_image(self, records: pd.DataFrame) -> pd.DataFrame:
        """Return one row an image, indexed by image, with a column for each quantity and its null."""
        return mean_per_image(records, (self.headline, *self.also.values()))

    def __call__(
        self,
        extract: Extract,
        images: Tensor,
        *,
        target: Target = "predicted",
        labels: Tensor | None = None,
        runs: Sequence[Extract] = (),
        seed: int = 0,
        value_range: tuple[float, float] | None = None,
    ) -> pd.DataFrame:
        """Measure one batch of images alone, as in a notebook.

        Parameters
        ----------
        extract
            An extractor, as ``sk.GradCAM(model)``.
        images
            ``(N, C, H, W)`` as the network takes them.
        target, labels
            The class explained, as for the extractor.
        runs
            Extractors of further training runs, for the measures that compare runs.
        seed
            Of the random views; an image is known to them by its position in the batch.
        value_range
            What pepper and salt are; the smallest and largest value of ``images`` by default.

        Returns
        -------
        pandas.DataFrame
            A row per image and condition; ``image`` is the position in the batch.

        Raises
        ------
        UsageError
            If the measure needs more than was given (a second run, say).
        """
        from .look import look_clean, look_views

        reason = self.lacks(runs=1 + len(runs), sets=1)
        if reason:
            raise UsageError(f"{self.name} is not applicable: {reason}")
        low, high = value_range or (float(images.min()), float(images.max()))
        draw = Draw.of(seed, [str(each) for each in range(len(images))], "measure", images.device)
        clean = look_clean((extract, *runs), images, draw=draw, target=target, labels=labels, low=low, high=high)
        columns = self.rows(clean, look_views(extract, clean, self.views)).columns()
        return as_frame(columns)


def as_frame(columns: Mapping[str, list[Cell] | Tensor]) -> pd.DataFrame:
    """Return the flat columns of :meth:`Rows.columns` as a data frame whose ``image`` is the position."""
    import pandas as pd

    frame = pd.DataFrame({name: each.numpy() if isinstance(each, Tensor) else each for name, each in columns.items()})
    return frame.rename(columns={"index": "image"})


def mean_per_image(records: pd.DataFrame, quantities: Sequence[Quantity]) -> pd.DataFrame:
    """Return the mean over conditions of each quantity's column and null column, one row an image."""
    columns = dict.fromkeys(
        column for each in quantities for column in (each.column, each.null) if column in records.columns
    )
    return records.groupby("image", sort=False, observed=True)[list(columns)].mean()
