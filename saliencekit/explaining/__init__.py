"""A model and a few images in, pictures, raw maps and predictions out.

The room is called ``explaining`` because ``saliencekit.explain`` is the function. Its names are imported when first
used, so that the command line can show the settings without torch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
