"""What sphinx-gallery must be told: the order of the examples, and figures that pyplot knows nothing of."""

from pathlib import Path
from shutil import copytree, rmtree

from sphinx_gallery.scrapers import figure_rst

from saliencekit.showing.notebook import NotebookFigure

ORDER = (
    "extract_maps",
    "pretrained_entropy",
    "explain_images",
    "captum_attributions",
    "pointing_game",
    "vision_transformer",
    "audit_detector",
    "compare_families",
    "train_with_entropy",
    "cyborg_with_human_maps",
    "sweep_losses",
)


DOCS = Path(__file__).parents[1]


def copied(examples):
    """Return a fresh copy of the examples: they run in the folder they lie in, and leave their figures there."""
    copy = DOCS / "_build" / "examples"
    rmtree(copy, ignore_errors=True)
    copytree(DOCS / examples, copy)
    return str(copy)


def reading_order(name):
    """Key of an example's file: its place in ``ORDER``, and what is not named there last."""
    stem = Path(name).stem
    return (ORDER.index(stem) if stem in ORDER else len(ORDER), stem)


def notebook_figures(block, block_vars, gallery_conf):
    """Save the figures of saliencekit that the block bound to a name, each once."""
    del block
    names = block_vars["example_globals"]
    drawn = names.setdefault("__drawn__", set())
    paths = []
    for each in [each for each in names.values() if isinstance(each, NotebookFigure) and id(each) not in drawn]:
        drawn.add(id(each))
        paths.append(next(block_vars["image_path_iterator"]))
        each.savefig(paths[-1], dpi=150)
    return figure_rst(paths, gallery_conf["src_dir"])
