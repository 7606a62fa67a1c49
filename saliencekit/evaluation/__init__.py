"""How well a detector tells synthetic images from real ones: scores of every image, and the numbers about them.

Names are imported when first used, so that the command line can show the settings without torch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
