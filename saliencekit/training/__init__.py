"""Training with a loss on where the model looks: Lightning modules, and one call for a whole run.

The names are imported when first used, since Lightning takes seconds to import.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
