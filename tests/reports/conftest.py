"""An audit folder made by the real measures from a made-up network, without waiting for a training."""

import math
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F

from saliencekit.auditing.averages import small_maps, sums_of, write_averages
from saliencekit.auditing.gallery import choose, write_gallery
from saliencekit.auditing.result import load_audit
from saliencekit.auditing.summary import not_applicable, summarise
from saliencekit.auditing.summary_of_sets import summarise_sets
from saliencekit.files import write_json
from saliencekit.measures import MEASURES, OutOfSet

SIDE, GRID = 56, 7
CLASSES = ("real", "fake")


class Looker:
    """A stand-in for an extractor: salience is blurred brightness plus a habit of the run."""

    def __init__(self, run=0, sharpness=1.0):
        draw = torch.Generator().manual_seed(100 + run)
        self.habit = 0.25 * torch.rand(GRID, GRID, generator=draw)
        self.sharpness = sharpness

    def __call__(self, images, target="predicted", labels=None):
        bright = F.adaptive_avg_pool2d(images.mean(1, keepdim=True), GRID)[:, 0]
        maps = (bright + self.habit) ** (2 * self.sharpness)
        evidence = 6 * (images[:, :, :, : SIDE // 2].mean((1, 2, 3)) - images.mean((1, 2, 3)))
        self.logits = torch.stack([-evidence, evidence], 1)
        self.target = self.logits.argmax(1) if isinstance(target, str) else torch.as_tensor(target).expand(len(images))
        return maps


def blobs(count, seed=0, wide=1.0):
    """Grey images (count, 1, 56, 56) with a bright spot, left on odd ones, over a gradient."""
    draw = np.random.default_rng(seed)
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    images = []
    for index in range(count):
        cx = 0.28 + 0.12 * draw.random() if index % 2 else 0.6 + 0.15 * draw.random()
        cy = 0.3 + 0.4 * draw.random()
        width = wide * (0.05 + 0.1 * draw.random())
        spot = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * width**2))
        images.append(np.clip(0.15 * x + 0.8 * spot + 0.03 * draw.standard_normal((SIDE, SIDE)), 0, 1))
    return torch.tensor(np.stack(images)[:, None], dtype=torch.float32)


def build_audit(
    folder,
    *,
    images=24,
    names=None,
    labels=True,
    groups=("camera", "warp", "swap"),
    runs=3,
    sets=("non-faces",),
    classes=CLASSES,
    sharpness=1.0,
    skipped=(),
    excluded=(),
    model=None,
):
    """Write an audit folder as `saliencekit audit` lays it out, and return it."""
    folder = Path(folder)
    pixels = blobs(images)
    names = list(names or (f"{CLASSES[i % 2]}/{i:03d}.png" for i in range(images)))
    lookers = [Looker(run, sharpness) for run in range(runs)]
    records = {}
    for name, measure in MEASURES.items():
        if measure().lacks(runs=runs, sets=1):
            continue
        frame = measure()(lookers[0], pixels, runs=lookers[1:], value_range=(0.0, 1.0))
        frame.insert(0, "index", frame["image"])
        frame["image"] = [names[i] for i in frame["image"]]
        records[name] = frame
    records["out_of_set"] = pd.concat([records["out_of_set"], *(other_set(each, lookers[0]) for each in sets)])
    records["entropy"] = with_facts(records["entropy"], lookers[0], pixels, labels, groups, classes)
    (folder / "records").mkdir(parents=True)
    for name, frame in records.items():
        frame.to_parquet(folder / "records" / f"{name}.parquet", index=False)
    pictures = dict(enumerate(zip(pixels, lookers[0](pixels), strict=True)))
    write_gallery(folder / "gallery", choose(records["entropy"], 2), lambda index: pictures)
    write_average_maps(folder, lookers, pixels, records["entropy"])
    facts = {"names": names, "labels": labels, "groups": groups, "classes": classes, "runs": runs, "sets": sets}
    summary = summary_of(records, facts, skipped, excluded, model or {})
    write_json(folder / "run.json", {"fingerprint": {}, "device": "cpu", "processes": 1, "seed": 0})
    write_json(folder / "summary.json", summary)
    return load_audit(folder)


def write_average_maps(folder, lookers, pixels, entropy):
    """Average maps as an audit of these images leaves them."""
    runs = torch.stack([looker(pixels) for looker in lookers])
    flat = torch.zeros(runs.shape[:2], dtype=torch.bool)
    known = {
        name: [None if word is pd.NA else word for word in entropy[name[:-1]].astype(object)]
        for name in ("labels", "groups")
    }
    sums_of(small_maps(runs), flat, **known).to_parquet(folder / "sums.parquet", index=False)
    names = [f"run {number}" for number in range(len(lookers))]
    write_averages([folder / "sums.parquet"], folder / "average_maps.parquet", run_names=names)
    (folder / "sums.parquet").unlink()


def other_set(name, looker):
    """Rows of another set of images, with wider spots."""
    pixels = blobs(16, seed=5, wide=2.0)
    frame = OutOfSet()(looker, pixels, value_range=(0.0, 1.0))
    frame = frame[frame["amount"] == 0].assign(set=name, amount=math.nan, ssim=math.nan, ssim_null=math.nan)
    frame["image"] = [f"{name}/{i}.png" for i in range(len(frame))]
    return frame


def with_facts(frame, looker, pixels, labels, groups, classes):
    """Add what is known of each image: group, label and prediction."""
    looker(pixels)
    count = len(frame)
    predicted = [
        classes[i % len(classes)] if len(classes) > 2 else classes[k] for i, k in enumerate(looker.logits.argmax(1))
    ]
    label = [classes[(i if i % 5 else i + 1) % len(classes)] if labels else None for i in range(count)]
    group = [groups[i % len(groups)] if groups else None for i in range(count)]
    for name, words in (("predicted", predicted), ("label", label), ("group", group)):
        frame.insert(2, name, pd.Series(words, dtype="string"))
    return frame


def summary_of(records, facts, skipped, excluded, model):
    """The summary, with the numbers by the audit's own functions."""
    known = records["entropy"].set_index("image")
    known["correct"] = (known["label"] == known["predicted"]).where(known["label"].notna())
    measures = {}
    for name, measure in MEASURES.items():
        if name == "out_of_set":
            measures[name] = summarise_sets(measure(), [records[name]], known, seed=0)
        elif name in records:
            nulls = {"entropy": 3.85, "entropy_normalized": 0.99} if name == "entropy" else {}
            measures[name] = summarise(measure(), [records[name]], known, seed=0, nulls=nulls)
        else:
            measures[name] = not_applicable(measure(), measure().lacks(runs=facts["runs"], sets=len(facts["sets"])))
    measures["entropy"]["maximum"] = math.log(GRID * GRID)
    counts = {key: known[key].value_counts().sort_index().to_dict() for key in ("group", "label")}
    preprocessing = {"size": [SIDE, SIDE], "resize": "squash", "resize_to": None, "interpolation": "bilinear"}
    preprocessing |= {"channels": 1, "mean": [0.5], "std": [0.25], "source": "checkpoint"}
    about = {"path": "models/detector.pt", "arch": "saliencekit:small-cnn", "classes": list(facts["classes"])}
    about |= {"num_classes": 2, "parameters": 23_456, "sha256": "ab" * 32, "format": "saliencekit 1", "missing": []}
    about |= {"layer": "features.9", "grid": [GRID, GRID], "salience": "grad-cam", "target": "predicted"}
    about |= {"preprocessing": preprocessing}
    about["runs"] = [
        {"name": f"run {i}", "path": f"models/run-{i}.pt", "sha256": "cd" * 32} for i in range(facts["runs"])
    ]
    others = [
        {"name": name, "source": f"data/{name}", "listed": 16, "scored": 16, "skipped": []} for name in facts["sets"]
    ]
    data = {"source": "data/faces", "kind": "folder", "listed": len(known) + len(skipped), "scored": len(known)}
    data |= {"degenerate": int(known["degenerate"].sum()), "skipped_share": 0.0}
    data |= {"skipped": [{"image": image, "reason": reason} for image, reason in skipped]}
    data |= {"excluded": [{"image": image, "reason": reason} for image, reason in excluded]}
    data |= {"groups": counts["group"], "labels": counts["label"], "out_of_set": others}
    return {
        "schema_version": 1,
        "saliencekit": "0.0.0",
        "complete": True,
        "model": about | model,
        "data": data,
        "settings": {"salience": "grad-cam", "batch_size": 16, "device": "cpu", "precision": "32", "seed": 0},
        "versions": {"python": "3.11", "torch": "2.15"},
        "duration_s": 75.2,
        "measures": measures,
    }


def tiny_audit(folder, *, model=None, measures=None, **frames):
    """An audit folder with the records given, for numbers worked out by hand."""
    folder = Path(folder)
    (folder / "records").mkdir(parents=True)
    entries = {}
    for name, frame in frames.items():
        frame.to_parquet(folder / "records" / f"{name}.parquet", index=False)
        entries[name] = {"status": "ok", "reason": None, "direction": MEASURES[name].direction}
    about = {"path": "tiny.pt", "arch": "tiny", "layer": "conv", "salience": "cam", "target": "predicted"}
    data = {"source": "images", "listed": 1, "scored": 1}
    summary = {"schema_version": 1, "model": about | (model or {}), "data": data, "settings": {"seed": 0}}
    write_json(folder / "summary.json", summary | {"measures": entries | (measures or {})})
    return load_audit(folder)


def entropy_records(values, *, label=None, group=None):
    """Entropy records of the images ``0.png``, ``1.png``, ... or of a mapping from image to entropy."""
    named = values if isinstance(values, dict) else {f"{index}.png": value for index, value in enumerate(values)}
    frame = pd.DataFrame({"image": list(named), "entropy": list(named.values())})
    for name, words in (("label", label), ("group", group)):
        frame[name] = pd.Series(words or [None] * len(frame), dtype="string")
    return frame.assign(entropy_normalized=0.5, effective_area=1.0, histogram_entropy=0.5, score=0.5)


VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """A page as a reader of it sees it; wrong nesting fails."""

    def __init__(self, path):
        super().__init__(convert_charrefs=True)
        self.source = Path(path).read_text(encoding="utf-8")
        self.tags, self.texts, self.open = [], [], []
        self.feed(self.source)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("style", "script"):
            self.texts.append(data)

    @property
    def text(self):
        """All the text, in order."""
        return "".join(self.texts)

    def all(self, tag):
        """The attributes of every element of that name."""
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(scope="session")
def page():
    """The reader of pages."""
    return Page


@pytest.fixture(scope="session")
def audit(tmp_path_factory):
    """An audit in which every measure is applicable."""
    return build_audit(tmp_path_factory.mktemp("audit") / "a")


@pytest.fixture(scope="session")
def sharper(tmp_path_factory):
    """An audit of the same images by a sharper network."""
    return build_audit(tmp_path_factory.mktemp("audit") / "b", sharpness=1.5, model={"path": "models/sharper.pt"})


@pytest.fixture(scope="session")
def single(tmp_path_factory):
    """An audit of one image: no label, no group, no second run, no other set."""
    folder = tmp_path_factory.mktemp("audit") / "one"
    return build_audit(folder, images=1, labels=False, groups=(), runs=1, sets=())


@pytest.fixture(scope="session")
def build():
    """The builder itself, for an audit of a test's own."""
    return build_audit


@pytest.fixture(scope="session")
def tiny():
    """The builder of audits worked out by hand."""
    return tiny_audit


@pytest.fixture(scope="session")
def entropies():
    """The builder of entropy records."""
    return entropy_records
