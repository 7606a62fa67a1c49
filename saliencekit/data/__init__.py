"""Images in: folders, manifests, decoding, and the data sets that come without a network."""

from .cyborg import open_cyborg
from .dataset import Decoded, ImageBatch, ImageDataset, collate
from .decode import load_image
from .faces import build_faces
from .folder import open_folder
from .manifest import open_manifest
from .photographs import photographs
from .samples import Collection, Failure, Sample
from .sources import open_data

__all__ = [
    "Collection",
    "Decoded",
    "Failure",
    "ImageBatch",
    "ImageDataset",
    "Sample",
    "build_faces",
    "collate",
    "load_image",
    "open_cyborg",
    "open_data",
    "open_folder",
    "open_manifest",
    "photographs",
]
