"""Measures run over data: batches, views, parts that can be resumed and shared, records and numbers.

The room is called ``auditing`` because ``saliencekit.audit`` is the function. Its names are imported when first
used, so that the command line can show the settings without torch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
