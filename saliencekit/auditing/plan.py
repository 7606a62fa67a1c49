"""What an audit is about, resolved before it starts: nothing in it is still to be looked up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .._version import __version__
from ..errors import UsageError
from ..measures import Measure, OutOfSet
from ..measures.out_of_set import NOISE
from ..models.digest import tensors_digest
from ..preprocessing import Preprocessing
from .gathering import Data, subjects_of
from .networks import Run
from .parts import Parts
from .settings import AuditSettings
from .subjects import Subjects


@dataclass(frozen=True)
class Plan:
    """Models, images and settings of an audit, and the folder it writes.

    Parameters
    ----------
    runs
        The audited model, then its sister training runs.
    inside, outside
        The images audited, and the out-of-set ones.
    """

    settings: AuditSettings
    runs: tuple[Run, ...]
    preprocessing: Preprocessing
    inside: Subjects
    outside: tuple[Subjects, ...]
    folder: Path

    def reason_against(self, measure: Measure) -> str | None:
        """Return why a measure has no value here, or None."""
        return measure.lacks(runs=len(self.runs), sets=len(self.outside))

    @property
    def applied(self) -> tuple[Measure, ...]:
        """The measures that give rows: those that apply, and out-of-set for its rows under noise."""
        chosen = self.settings.chosen()
        return tuple(each for each in chosen if isinstance(each, OutOfSet) or not self.reason_against(each))

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the model's classes: its own, else the data's where there are as many; empty if unknown."""
        info = self.runs[0].info
        named = self.inside.classes
        return info.classes or (named if len(named) == max(2, info.num_classes) else ())

    def parts(self, number: int) -> Parts:
        """Return the parts of the images audited (0) or of an out-of-set collection (1, 2, ...)."""
        subjects = (self.inside, *self.outside)[number]
        return Parts(self.folder / "parts" / f"{number:02d}", len(subjects.images))

    def fingerprint(self) -> dict[str, Any]:
        """Return what must be equal for an audit to be resumed; batch size, workers and device need not be."""
        settings = asdict(self.settings)
        free = ("batch_size", "workers", "device", "max_unreadable", "gallery")
        sets = (self.inside, *self.outside)
        return {
            "saliencekit": __version__,
            "model": [
                {"name": run.name, "arch": run.info.arch, "weights": tensors_digest(run.network.state_dict())}
                for run in self.runs
            ],
            "preprocessing": self.preprocessing.to_dict(),
            "data": [{"name": each.name, "images": len(each.images), "sha256": each.fingerprint()} for each in sets],
            **{name: value for name, value in settings.items() if name not in free},
        }


def outside_sets(
    given: Sequence[Data], preprocessing: Preprocessing, *, limit: int | None, inside: Data = None
) -> tuple[Subjects, ...]:
    """Return the out-of-set collections, each under a name of its own."""
    sets: list[Subjects] = []
    for number, each in enumerate(given, start=1):
        paths = [Path(one).resolve() for one in (each, inside) if isinstance(one, str | Path)]
        if len(paths) == 2 and paths[0] == paths[1]:
            raise UsageError(f"the out-of-set images {each} are the audited ones: give another collection")
        name = (Path(each).name or Path(each).resolve().name) if isinstance(each, str | Path) else f"set {number}"
        if name in {NOISE, *(subjects.name for subjects in sets)}:
            name = f"{name} ({number})"
        sets.append(subjects_of(each, preprocessing, name=name, limit=limit))
    return tuple(sets)
