"""The records and maps of all parts made one file, holding one part in memory at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np

from ..files import written_whole
from .parts import damaged


def merge(files: list[Path], target: Path) -> None:
    """Join Parquet files into one, holding one of them in memory at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with written_whole(target) as temporary:
        writer = None
        schema = _schema(files)
        try:
            for path in files:
                try:
                    table = pq.read_table(path)
                except (pa.ArrowException, OSError) as error:
                    raise damaged(path, error) from error
                writer = writer or pq.ParquetWriter(temporary, schema, compression="zstd")
                writer.write_table(pa.concat_tables([schema.empty_table(), table], promote_options="default"))
        finally:
            if writer is not None:
                writer.close()


def _schema(files: list[Path]) -> Any:
    """Return the columns of all parts: those of other sets may have one more."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schemas = []
    for path in files:
        try:
            schemas.append(pq.read_schema(path))
        except (pa.ArrowException, OSError) as error:
            raise damaged(path, error) from error
    return pa.unify_schemas(schemas)


def _piece(path: Path) -> np.ndarray:
    try:
        return cast(np.ndarray, np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise damaged(path, error) from error


def merge_maps(files: list[Path], target: Path) -> None:
    """Join the parts' maps ``(n, h, w)`` into one ``.npy``, not held in memory; nothing if there are none."""
    pieces = [_piece(path) for path in files]
    if not pieces:
        return
    with written_whole(target) as path:
        shape = (sum(len(each) for each in pieces), *pieces[0].shape[1:])
        whole = np.lib.format.open_memmap(path, mode="w+", dtype=pieces[0].dtype, shape=shape)
        start = 0
        for each in pieces:
            whole[start : start + len(each)] = each
            start += len(each)
        whole.flush()
