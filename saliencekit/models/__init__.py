"""From a file to a network, and back: which architecture is this, what does it classify, what does it take."""

from .build import build_model
from .default_preprocessing import default_preprocessing
from .efficientnet_lite0 import EfficientNetLite0
from .info import ModelInfo, model_info
from .loading import load_model
from .recognise import Recognition, recognise
from .saving import save_model
from .small_cnn import SmallCNN

__all__ = [
    "EfficientNetLite0",
    "ModelInfo",
    "Recognition",
    "SmallCNN",
    "build_model",
    "default_preprocessing",
    "load_model",
    "model_info",
    "recognise",
    "save_model",
]
