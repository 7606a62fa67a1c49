"""Sweeps: losses and seeds from one recipe, compared in one table and the papers' figures.

The names are imported when first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
