"""Sphinx: ``make docs`` builds with ``-W -n``, so that a link to nothing is an error."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

from gallery import copied

import saliencekit

project = "saliencekit"
author = "The saliencekit authors"
copyright = "the saliencekit authors, Apache-2.0"
release = version = saliencekit.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_gallery.gen_gallery",
    "generated_pages",
    "command_options",
    "mathml",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "gallery/**.ipynb", "gallery/**.zip", "gallery/**.md5", "gallery/**.json"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
suppress_warnings = ["config.cache"]

html_theme = "furo"
html_math_renderer = "mathml"
html_title = "saliencekit"
html_static_path = ["_static"]
html_css_files = ["saliencekit.css"]

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"  # the signatures of a typed library would drown the sentence below them
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": False}
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True

sphinx_gallery_conf = {
    "examples_dirs": copied("../examples"),
    "gallery_dirs": "gallery",
    "filename_pattern": r"\.py",
    "within_subsection_order": "gallery.reading_order",
    "image_scrapers": ("matplotlib", "gallery.notebook_figures"),
    "run_stale_examples": False,
    "download_all_examples": False,
    "remove_config_comments": True,
    "show_memory": False,
    "write_computation_times": False,
    "show_signature": False,
    "min_reported_time": 0,
}

# Names of other projects: their documentation is not fetched, so that the build needs no network.
nitpick_ignore_regex = [
    (r"py:.*", r"(torch|torchvision|lightning|pandas|numpy|pathlib|captum|nn|collections)\b.*"),
    # Parts of public records that are not public themselves.
    (r"py:.*", r"abc\.ABC|saliencekit\.reports\.(difference|gate\.clause)\..*|saliencekit\.data\.\w+\.Count"),
    (r"py:.*", r"saliencekit\.evaluation\.trials\.Trials|saliencekit\.extractors\.gradient_extractor\..*"),
    (r"py:.*", r"(Tensor|Path|DataFrame|optional|callable|array_like|LongTensor|Dataset|Trainer)"),
]
