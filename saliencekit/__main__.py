"""The command ``saliencekit``, also as ``python -m saliencekit``: a signal has its sentence from the first moment."""

import sys


def main() -> None:
    """Run the command line; an interrupt while it is still being imported ends it quietly too."""
    try:
        from .cli import main as run
    except KeyboardInterrupt:
        print("saliencekit: stopped before anything was done", file=sys.stderr)
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
