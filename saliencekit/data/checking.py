"""``check_data``: what is wrong with a data set, before a network is trained or audited on it."""

from __future__ import annotations

import os
from collections import Counter

from ..errors import DataError
from .check_result import ERROR, Count, DataCheck
from .findings import (
    Finding,
    class_findings,
    content_findings,
    file_findings,
    leakage_finding,
    look_findings,
    map_findings,
)
from .human_maps import MatchedMaps, match_human_maps
from .looking import Look, look_at
from .manifest import read_column
from .samples import Collection
from .sources import open_data, table_of


def check_data(
    source: str | os.PathLike[str],
    *,
    human_maps: str | os.PathLike[str] | None = None,
    group_column: str | None = None,
    identity_column: str | None = None,
    allow_outside: bool = False,
    workers: int = -1,
) -> DataCheck:
    """Read every image and human map once, and say what a training or an audit would stumble over.

    Images are the same where their decoded pixels are (upright, in 8-bit RGB): the same picture saved again
    without loss, with other metadata or under another name is found; one saved again as JPEG is not.

    Parameters
    ----------
    source
        What :func:`saliencekit.data.open_data` takes.
    human_maps
        Folder of human maps, see :func:`saliencekit.data.match_human_maps`.
    group_column, identity_column
        Columns of the manifest whose values may be in one split only: a video or a session, a person.
    allow_outside
        Take a table's paths that lead out of its folder as well.
    workers
        Processes that read; -1 chooses.

    Raises
    ------
    DataError
        If nothing can be listed, or there is no such column.
    EnvironmentFault
        If the folder or the table may not be read, or a worker was killed.

    Examples
    --------
    ::

        found = check_data("faces/manifest.csv", identity_column="person")
        for finding in found.findings:
            print(finding.severity, finding.sentence)
    """
    collection = open_data(source, allow_outside=allow_outside)
    matched = MatchedMaps(collection)
    if human_maps is not None:
        matched = match_human_maps(collection, human_maps)
        collection = matched.collection
    findings = [*file_findings(collection), *class_findings(collection)]
    for word, column in (("group", group_column), ("identity", identity_column)):
        if column is not None:
            findings += leakage_finding(word, column, _values(source, collection, column, allow_outside))
    look = look_at(collection, workers=workers)
    findings += [*look_findings(collection, look), *content_findings(collection, look), *map_findings(matched, look)]
    return _result(collection, matched, look, findings)


def _values(
    source: str | os.PathLike[str], collection: Collection, column: str, allow_outside: bool
) -> list[tuple[str, str | None]]:
    """Return each row's value in a column with its split."""
    table = table_of(source)
    if table is None or collection.kind != "manifest":
        raise DataError(f"{collection.source} is no manifest with a header, so it has no column {column!r}")
    images, values = read_column(table, column, allow_outside=allow_outside)
    split_of = {sample.image: sample.split for sample in collection.samples}
    return [(value, split_of[image]) for image, value in zip(images, values, strict=True)]


def _result(collection: Collection, matched: MatchedMaps, look: Look, findings: list[Finding]) -> DataCheck:
    counted: Counter[tuple[str | None, int | None, str | None]] = Counter()
    with_map: Counter[tuple[str | None, int | None, str | None]] = Counter()
    for sample in collection.samples:
        key = (sample.split, sample.label, sample.group)
        counted[key] += 1
        with_map[key] += sample.human_map is not None
    keys = sorted(counted, key=lambda key: tuple((each is not None, each) for each in key))
    counts = tuple(
        Count(split, None if label is None else collection.classes[label], group, counted[key], with_map[key])
        for key in keys
        for split, label, group in [key]
    )
    maps: Counter[str] = Counter()
    for (_, kind), number in look.maps.items():
        maps[kind] += number
    if matched.extra:
        maps["extra"] = len(matched.extra)
    return DataCheck(
        source=collection.source,
        kind=collection.kind,
        images=len(collection),
        readable=int(look.good.sum()),
        counts=counts,
        sizes=_frequent(look.kinds["size"]),
        modes=_frequent(look.kinds["mode"]),
        formats=_frequent(look.kinds["format"]),
        maps=dict(maps),
        findings=tuple(sorted(findings, key=lambda finding: finding.severity != ERROR)),
    )


def _frequent(counts: Counter[tuple[str, int | None]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for (value, _), number in counts.items():
        total[value] += number
    return dict(total.most_common())
