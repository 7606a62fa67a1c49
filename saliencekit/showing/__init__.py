"""Images with their maps, as a person looks at them: overlays, and figures that show themselves in a notebook."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
