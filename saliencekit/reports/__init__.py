"""Reports: figures, the page, the comparison; drawn from the records, computing nothing new."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
