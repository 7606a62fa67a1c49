"""Flags that several commands have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from ..preprocessing import PreprocessingFlags


@Parameter(name="*")
@dataclass(frozen=True)
class ModelOptions:
    """How a checkpoint is read.

    Parameters
    ----------
    arch
        Architecture where the file does not tell: torchvision:NAME, timm:NAME or package.module:callable.
    trust_pickle
        Load pickled modules and TorchScript too; they run code of their own.
    allow_missing
        Patterns of weights that may be missing from the file.
    key
        Which of several sets of weights in the file, as model_ema.
    """

    arch: str | None = None
    trust_pickle: bool = False
    allow_missing: tuple[str, ...] = ()
    key: str | None = None


AS_FOUND = ModelOptions()
Preparing = Annotated[PreprocessingFlags, Parameter(name="*", consume_multiple=True, negative=())]
AS_RECORDED = PreprocessingFlags()
