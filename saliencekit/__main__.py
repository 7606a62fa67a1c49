"""``python -m saliencekit`` is the command ``saliencekit``."""

from .cli import main

if __name__ == "__main__":
    main()
