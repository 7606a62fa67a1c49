"""``saliencekit info``."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from .._version import __version__
from ._app import app


@app.command
def info(*, short: Annotated[bool, Parameter(negative=())] = False) -> int:
    """Show versions and devices.

    Parameters
    ----------
    short
        The version alone, without importing torch.
    """
    print(f"saliencekit {__version__}")
    if not short:
        import platform

        import torch
        import torchvision

        device = torch.accelerator.current_accelerator(check_available=True)
        print(f"python {platform.python_version()}, torch {torch.__version__}, torchvision {torchvision.__version__}")
        print(f"device {device or 'cpu'}")
    return 0
