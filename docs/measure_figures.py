"""The example figures of the pages on measures: ``measure_figures.py DEMO``, after ``make demo``.

They are the report's own, of the audit ``DEMO/audit-droid``; none of them shows an image of the data.
"""

import sys
from pathlib import Path
from shutil import copyfile

FIGURES = {
    "entropy": "entropy-by-group",
    "out_of_set": "out-of-set-entropy",
    "equivariance": "equivariance-by-transform",
    "stability": "stability-matrix",
    "degradation": "degradation-curves",
}


def main(demo: str) -> None:
    for figure in FIGURES.values():
        drawn = Path(demo) / "audit-droid" / "figures" / f"{figure}.svg"
        copyfile(drawn, Path(__file__).parent / "measures" / "figures" / drawn.name)


if __name__ == "__main__":
    main(*sys.argv[1:])
