"""The command line: one function a command, and how every ending becomes an exit code. No logic."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

from cyclopts import App, CycloptsError, Parameter

from ._version import __version__
from .auditing.settings import AuditSettings
from .errors import SaliencekitError
from .preprocessing import PreprocessingFlags

BUG, MEMORY, GATE = 70, 4, 1
DEFAULTS = AuditSettings()
AS_RECORDED = PreprocessingFlags()

app = App(
    name="saliencekit",
    help="Where does an image classifier look, and can that be trusted?",
    version=__version__,
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)


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
    """

    arch: str | None = None
    trust_pickle: bool = False
    allow_missing: tuple[str, ...] = ()


AS_FOUND = ModelOptions()


@app.command
def audit(
    model: str,
    /,
    *,
    data: str | None = None,
    out_of_set: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    runs: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative=())] = (),
    settings: Annotated[AuditSettings, Parameter(name="*")] = DEFAULTS,
    loading: ModelOptions = AS_FOUND,
    preprocessing: Annotated[PreprocessingFlags, Parameter(name="*")] = AS_RECORDED,
    output: Path = Path("audit"),
    resume: Annotated[bool, Parameter(negative=())] = False,
    overwrite: Annotated[bool, Parameter(negative=())] = False,
    quiet: Annotated[bool, Parameter(negative=())] = False,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Answer the five questions about a model's salience, into a folder with a report.

    Parameters
    ----------
    model
        Checkpoint.
    data
        Folder or manifest; by default the data that the checkpoint records, else scikit-image's photographs.
    out_of_set
        Other images, for the shift of entropy; may be given several times.
    runs
        Further training runs of the same architecture, for stability.
    output
        Folder to write.
    resume
        Go on with the interrupted audit in the output folder.
    overwrite
        Replace the audit in the output folder.
    quiet
        No progress.
    json
        Print the summary as JSON on stdout.
    """
    from .auditing import run_audit
    from .reports import write_report

    result = run_audit(
        model,
        data,
        out_of_set=out_of_set,
        runs=runs,
        settings=settings,
        output=output,
        arch=loading.arch,
        preprocessing=preprocessing,
        trust_pickle=loading.trust_pickle,
        allow_missing=loading.allow_missing,
        resume=resume,
        overwrite=overwrite,
        show_progress=not quiet,
        finish=write_report,
    )
    return _show_audit(result, json=json)


@app.command
def report(audit: Path) -> int:
    """Draw the report of a finished audit again, from its records.

    Parameters
    ----------
    audit
        Folder of the audit.
    """
    from .auditing import load_audit
    from .reports import write_report

    print(write_report(load_audit(audit)))
    return 0


@app.command
def compare(
    first: Path,
    second: Path,
    *,
    output: Path | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Compare two audits of the same images: paired differences with intervals.

    Parameters
    ----------
    first, second
        Folders of the audits; differences are second minus first.
    output
        Folder for the comparison as HTML and JSON.
    json
        Print the comparison as JSON.
    """
    from .reports import compare as compared
    from .reports import print_comparison

    comparison = compared(first, second, output=output)
    if json:
        _print_json(comparison.to_dict())
    else:
        print_comparison(comparison)
    return 0


@app.command
def demo(folder: Path = Path("demo"), *, overwrite: Annotated[bool, Parameter(negative=())] = False) -> int:
    """Build the embedded faces, train two families of detectors, audit and compare them.

    Parameters
    ----------
    folder
        Where everything goes.
    overwrite
        Begin anew where the folder holds a finished demo.
    """
    from .demo import run_demo

    run_demo(folder, overwrite=overwrite)
    return 0


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


def main(tokens: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit code; an error is one sentence on stderr."""
    words = list(sys.argv[1:] if tokens is None else tokens)
    debug = "--debug" in words
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        sys.exit(_run([word for word in words if word != "--debug"], debug=debug))
    finally:
        signal.signal(signal.SIGTERM, before)


class _Terminated(BaseException):
    """SIGTERM arrived: everything is left as an interrupt from the keyboard leaves it."""


def _terminate(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise _Terminated


def _run(words: list[str], *, debug: bool) -> int:
    try:
        code = app(words, exit_on_error=False, print_error=False)
        return code if isinstance(code, int) else 0
    except CycloptsError as error:
        return _fail(str(error), 2)
    except SaliencekitError as error:
        if debug:
            raise
        return _fail(str(error), error.exit_code)
    except (KeyboardInterrupt, _Terminated) as stop:
        code = 130 if isinstance(stop, KeyboardInterrupt) else 143
        return _fail("stopped; what was done is kept, and --resume goes on with an audit", code)
    except MemoryError:
        return _fail("out of memory: choose a smaller --batch-size or --workers", MEMORY)
    except Exception as error:  # the last resort, where a bug of ours becomes its exit code
        if debug:
            raise
        if type(error).__name__ == "OutOfMemoryError":
            return _fail(f"the device is out of memory: {str(error).splitlines()[0]}", MEMORY)
        return _fail(f"a bug in saliencekit: {type(error).__name__}: {error}; --debug shows where", BUG)


def _fail(sentence: str, code: int) -> int:
    print(f"saliencekit: {sentence}", file=sys.stderr)
    return code


def _print_json(content: Any) -> None:
    import json

    print(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))


def _show_audit(result: Any, *, json: bool) -> int:
    if int(os.environ.get("RANK", "0")) == 0:  # under torchrun one process speaks
        if json:
            _print_json(result.summary)
        else:
            from .reports import print_summary

            print_summary(result)
    if result.summary["complete"]:
        return 0
    data = result.summary["data"]
    skipped = sum(len(each["skipped"]) for each in (data, *data["out_of_set"]))
    return _fail(f"{skipped} images could not be read, more than --max-unreadable allows: see the report", GATE)
