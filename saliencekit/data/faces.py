"""The embedded face set: real faces, forged ones with the regions that were altered, and non-faces."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy

from ..errors import EnvironmentFault
from .forgeries import HELD_OUT, SEEN, Array
from .photographs import wheel_folder
from .portraits import SIZE, enlarged, portraits

RECORD = "faces.json"
MANIFEST = "manifest.csv"
NON_FACES = "non-faces"
PHOTOGRAPH = "photograph"
_FORMAT = "saliencekit faces 1"
_OURS = frozenset((RECORD, MANIFEST, NON_FACES, "README.txt", "real", "fake", "altered"))
_README = """\
Faces for trying saliencekit, made by saliencekit.data.build_faces(seed={seed}). {counts}.

real/       views of real photographs: the 100 faces of scikit-image's lfw_subset (Labeled Faces in the Wild),
            25x25 pixels, enlarged to 56x56; some mirrored, turned or lightened a little. Names are not part
            of that set, so one person may appear in two photographs, and then perhaps in two splits.
fake/       a forgery of each view, face-SOURCE-VIEW-GENERATOR.png. Seen in training: {seen}.
            In the test split only: {held_out}.
altered/    for each forgery the region that was altered, named as the image: 0 untouched, 255 all made up.
            The manifest gives it as human_map. It is a stand-in: no human has marked anything.
non-faces/  the 100 non-faces of the same set, out of the set that a face detector knows. In no split.
No photograph is a source or a donor of pictures in two splits; the principal components of the
"eigenface" generator are those of the training photographs.
"""


def build_faces(folder: str | os.PathLike[str], *, seed: int = 0) -> Path:
    """Write the embedded face set and return its manifest; a complete set of this seed is left as it is.

    Real faces against forgeries of the same faces, one a picture, so that classes are balanced in each split:
    train 480 + 480 pictures of 60 photographs, val 60 + 60 of 15, test 200 + 200 of 25. Pictures are 56x56,
    8-bit, grey. ``manifest.csv`` names the generator as ``group`` and the altered region as ``human_map``.

    Parameters
    ----------
    folder
        Where to write. It is built beside that place and renamed, so that it is whole or not there.
    seed
        Decides splits, views and forgeries; the same seed gives the same bytes.

    Raises
    ------
    EnvironmentFault
        If the folder holds files that are not of a face set, or cannot be written.
    """
    target = Path(folder)
    try:
        if _is_complete(target, seed):
            return target / MANIFEST
        _refuse_foreign(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as workplace:
            built = Path(workplace) / "new"
            _write(built, seed)
            if target.exists():
                os.rename(target, Path(workplace) / "old")
            os.rename(built, target)
    except EnvironmentFault:
        raise
    except OSError as error:
        if _is_complete(target, seed):  # another process was faster
            return target / MANIFEST
        raise EnvironmentFault(f"cannot write the faces to {target}: {error.strerror or error}") from error
    return target / MANIFEST


def _refuse_foreign(target: Path) -> None:
    if target.exists() and not target.is_dir():
        raise EnvironmentFault(f"cannot write the faces to {target}: it is no folder")
    others = sorted(set(os.listdir(target)) - _OURS) if target.exists() else []
    if others:
        raise EnvironmentFault(f"{target} holds other files ({', '.join(others[:3])}): choose another folder")


def _write(folder: Path, seed: int) -> None:
    pictures = _photographed()
    for name in ("real", "fake", "altered", NON_FACES):
        (folder / name).mkdir(parents=True)
    rows = ["path,label,split,group,human_map"]
    counts: Counter[str] = Counter()
    for each in portraits(pictures[:100], seed=seed):
        name = f"face-{each.source:02d}-{each.view}"
        fake = f"{name}-{each.generator}"
        _save(each.real, folder / "real" / f"{name}.png")
        _save(each.forged, folder / "fake" / f"{fake}.png")
        _save(each.altered, folder / "altered" / f"{fake}.png")
        rows.append(f"real/{name}.png,real,{each.split},{PHOTOGRAPH},")
        rows.append(f"fake/{fake}.png,fake,{each.split},{each.generator},altered/{fake}.png")
        counts[each.split] += 1
    for number, picture in enumerate(pictures[100:]):
        _save((enlarged(picture) * 255.0).round().astype("uint8"), folder / NON_FACES / f"{number:02d}.png")
    (folder / MANIFEST).write_text("\n".join(rows) + "\n", encoding="utf-8")
    told = ", ".join(f"{split}: {count} real and {count} fake" for split, count in counts.items())
    words = _README.format(seed=seed, counts=told, seen=", ".join(SEEN), held_out=", ".join(HELD_OUT))
    (folder / "README.txt").write_text(words, encoding="utf-8")
    record = {
        "format": _FORMAT,
        "seed": seed,
        "size": [SIZE, SIZE],
        "seen": list(SEEN),
        "held_out": list(HELD_OUT),
        "counts": counts,
        "sha256": _digest(folder),
    }
    (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def _photographed() -> Array:
    """Return scikit-image's 100 faces and 100 non-faces, (200, 25, 25), [0, 1]."""
    source = wheel_folder() / "lfw_subset.npy"
    if not source.is_file():
        raise EnvironmentFault(f"the installed scikit-image has no {source}: install it anew")
    pictures: Array = numpy.load(source, allow_pickle=False).astype(numpy.float64)
    return pictures


def _save(pixels: numpy.ndarray[Any, Any], path: Path) -> None:
    from PIL import Image

    Image.fromarray(pixels).save(path, format="PNG")


def _digest(folder: Path) -> str:
    """Return the SHA-256 of all names and contents but the record's."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path != folder / RECORD:
            digest.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_complete(folder: Path, seed: int) -> bool:
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    same = isinstance(record, dict) and (record.get("format"), record.get("seed")) == (_FORMAT, seed)
    return same and record.get("sha256") == _digest(folder)
