"""Pages that are made of what is there: the reference out of the public names, the benchmarks out of their JSON."""

import importlib
import inspect
import json
from pathlib import Path

from sphinx.util.nodes import make_refnode

RESULTS = Path(__file__).parents[2] / "tests" / "benchmarks" / "results"


def rows(name, found):
    """Yield (what, measurement) of every measurement inside ``found``."""
    if not isinstance(found, dict):
        return
    if "ratio" in found:
        yield name, found
    for key, each in found.items():
        yield from rows(f"{name}, {key}", each)


def table(path):
    content = json.loads(path.read_text(encoding="utf-8"))
    machine = content.pop("machine")
    where = machine["gpu"] or f"CPU ({machine['processor']}), {machine['threads']} thread(s)"
    lines = [f"## {where}", "", f"Python {machine['python']}, torch {machine['torch']}.", ""]
    lines += ["| what | time / baseline | time | baseline | memory / baseline |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, found in content.items():
        for what, each in rows(name, found):
            times = " | ".join(f"{each[key]:.4g} s" if key in each else "" for key in ("ours_s", "baseline_s"))
            memory = f"{each['memory_ratio']:.3g}" if "memory_ratio" in each else ""
            lines.append(f"| {what} | {each['ratio']:.3g} | {times} | {memory} |")
    return "\n".join(lines)


def benchmarks_page():
    head = (
        "# Benchmarks\n\nMedians of `make bench`: each line is a ratio against a baseline that was measured in the "
        "same run, in turn with it. Below 1 is faster than the baseline; a few hundredths are noise. The baselines: of "
        "the imports `import torch`; of `ssim-pairs` and `guided-blur` the loops over scikit-image and scipy; of "
        "`loss-steps` a training step with cross-entropy alone; of `peers` and `audit` the network's bare forwards, in "
        "time and in peak memory; of `caches` decoding the images anew.\n\n"
    )
    tables = [table(path) for path in sorted(RESULTS.glob("*.json"))]
    return head + ("\n\n".join(tables) or "No figures are kept in this copy: `make bench` measures them.") + "\n"


ROOMS = {
    "functional": "Tensor to tensor",
    "extractors": "Extractors",
    "losses": "Losses",
    "measures": "Measures",
    "models": "Models",
    "data": "Images",
    "auditing": "Audits",
    "training": "Training",
    "evaluation": "Evaluation",
    "sweeps": "Sweeps",
    "explaining": "Overlays",
    "showing": "Maps over images",
    "reports": "Reports",
    "preprocessing": "Preprocessing",
    "errors": "Errors",
}
WHOLE = ("audit", "evaluate", "explain")  # of the package itself


def public_names(module):
    own = [name for name, each in vars(module).items() if getattr(each, "__module__", None) == module.__name__]
    return getattr(module, "__all__", None) or [name for name in own if not name.startswith("_")]


def documented(module):
    """Return the public names of a room that autosummary can say something of: functions and classes."""
    public = {name: getattr(module, name) for name in public_names(module)}
    return sorted(name for name, each in public.items() if inspect.isfunction(each) or inspect.isclass(each))


def constant(name, value):
    """Describe a registry or a list of the package by the names that it holds."""
    held = list(value) if isinstance(value, (dict, tuple, list)) else []
    words = [getattr(each, "name", each) for each in held]
    said = f"By name: {', '.join(f'``{word}``' for word in words)}." if words else f"``{value!r}``"
    return f"\n.. py:data:: {name}\n\n   {said}\n"


def room_page(name, title):
    module = importlib.import_module(f"saliencekit.{name}")
    head = f"{title}\n{'=' * len(title)}\n\n``saliencekit.{name}``: {inspect.getdoc(module).splitlines()[0]}\n\n"
    names = "".join(f"   {each}\n" for each in documented(module))
    others = [each for each in sorted(public_names(module)) if each not in documented(module)]
    constants = "".join(constant(each, getattr(module, each)) for each in others)
    listed = f".. currentmodule:: saliencekit.{name}\n\n.. autosummary::\n   :toctree: generated\n\n{names}"
    return f"{head}{listed}{constants}"


def reference_pages():
    """Yield (file, text) of the reference: a page a room."""
    package = importlib.import_module("saliencekit")
    rooms = [name for name in ROOMS if importlib.util.find_spec(f"saliencekit.{name}")]
    for name in rooms:
        yield f"reference/{name}.rst", room_page(name, ROOMS[name])
    whole = "".join(f"   {name}\n" for name in WHOLE if name in package.__all__)
    pages = "".join(f"   {name}\n" for name in rooms)
    yield (
        "reference/index.rst",
        "Reference\n=========\n\nEvery name that a room lists is public. The commonest are in ``saliencekit`` too.\n\n"
        f".. currentmodule:: saliencekit\n\n.. autosummary::\n   :toctree: generated\n\n{whole}\n"
        f".. toctree::\n   :maxdepth: 1\n\n{pages}",
    )


def write(app, config):
    """Write each generated page where it says something else than before."""
    del config
    for name, page in [("benchmarks.md", benchmarks_page()), *reference_pages()]:
        target = Path(app.srcdir) / name
        target.parent.mkdir(exist_ok=True)
        if not target.is_file() or target.read_text(encoding="utf-8") != page:
            target.write_text(page, encoding="utf-8")


def by_short_name(app, env, node, contnode):
    """Resolve a bare name, as docstrings use it, to the one public object that has it."""
    target = node.get("reftarget", "")
    if node.get("refdomain") != "py" or not target:
        return None
    short = target.rpartition(".")[2]
    known = env.get_domain("py").objects
    found = [name for name in known if name == f"saliencekit.{target}" or name.endswith(f".{short}")]
    found = [name for name in found if not known[name].aliased] or found
    if len({known[name].docname for name in found}) != 1:
        return None
    entry = known[found[0]]
    return make_refnode(app.builder, node.get("refdoc"), entry.docname, entry.node_id, contnode, found[0])


def setup(app):
    app.connect("missing-reference", by_short_name)
    app.connect("config-inited", write)  # before Sphinx and autosummary look for what there is
    return {"parallel_read_safe": True}
