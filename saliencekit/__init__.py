"""Where does an image classifier look, and can that be trusted?

Salience maps (CAM, Grad-CAM), numbers about them over a whole data set, and losses that train them. The public
names are listed in ``__init__.pyi`` and imported when first used: ``import saliencekit`` alone imports no torch.
"""

import lazy_loader

from ._version import __version__ as __version__

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
