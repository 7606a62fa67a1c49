"""Images in: folders, manifests, decoding, and the data sets that come without a network."""

from .check_result import DataCheck
from .checking import check_data
from .cyborg import open_cyborg
from .dataset import Decoded, ImageBatch, ImageDataset, collate
from .decode import load_image
from .faces import build_faces
from .findings import Finding
from .folder import open_folder
from .human_maps import MatchedMaps, match_human_maps
from .manifest import open_manifest
from .photographs import photographs
from .samples import Collection, Failure, Sample
from .sources import open_data

__all__ = [
    "Collection",
    "DataCheck",
    "Decoded",
    "Failure",
    "Finding",
    "ImageBatch",
    "ImageDataset",
    "MatchedMaps",
    "Sample",
    "build_faces",
    "check_data",
    "collate",
    "load_image",
    "match_human_maps",
    "open_cyborg",
    "open_data",
    "open_folder",
    "open_manifest",
    "photographs",
]
