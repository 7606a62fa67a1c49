"""``saliencekit layers``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ..errors import UsageError
from ._app import app
from ._ending import print_json
from ._options import AS_FOUND, ModelOptions

if TYPE_CHECKING:
    from ..extractors import Layer

COLUMNS = ("", "layer", "channels", "map", "tokens dropped")


@app.command
def layers(
    model: str,
    /,
    *,
    loading: ModelOptions = AS_FOUND,
    size: str | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """List the layers of a model that give maps, and mark the one that is explained if none is named.

    Parameters
    ----------
    model
        Checkpoint.
    size
        Height and width of the images, as 224x224; by default what the checkpoint or the architecture says.
    json
        Print the list as JSON on stdout.
    """
    import torch

    from ..extractors import candidate_layers
    from ..models import default_preprocessing, load_model, model_info
    from ..models.foreign import network_at_fault

    network = load_model(
        model,
        loading.arch,
        trust_pickle=loading.trust_pickle,
        allow_missing=tuple(loading.allow_missing),
        key=loading.key,
    )
    info = model_info(network)
    taken = info.preprocessing or default_preprocessing(info.arch)
    height, width = taken.size if size is None else _read(size)
    images = torch.rand(1, taken.channels, height, width, generator=torch.Generator().manual_seed(0))
    with network_at_fault(images.shape[1:]):
        found = candidate_layers(network, images)
    if json:
        print_json({"model": model, "arch": info.arch, "size": [height, width], "layers": _plain(found)})
    else:
        _show(found, f"{model}: layers that give maps of images of {height}x{width}")
    return 0


def _read(size: str) -> tuple[int, int]:
    sides = size.lower().split("x")
    if len(sides) not in (1, 2) or not all(side.isascii() and side.isdigit() and int(side) for side in sides):
        raise UsageError(f"expected --size as HEIGHTxWIDTH in pixels, such as 224x224, got {size!r}")
    return int(sides[0]), int(sides[-1])


def _plain(found: Sequence[Layer]) -> list[dict[str, Any]]:
    return [
        {"name": each.name, "shape": list(each.shape[1:]), "tokens_dropped": each.dropped, "chosen": each.chosen}
        for each in found
    ]


def _show(found: Sequence[Layer], title: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in COLUMNS:
        table.add_column(column, overflow="fold")
    for each in found:
        _, channels, height, width = each.shape
        cells = ("*" if each.chosen else "", each.name, str(channels), f"{height}x{width}", str(each.dropped or ""))
        table.add_row(*(Text(cell) for cell in cells), style="bold" if each.chosen else None)
    console = Console(highlight=False)
    console.print(Text(title), soft_wrap=True)
    console.print(table)
    console.print(Text('* explained with layer="auto"'))
