"""What a sweep was asked for, as names and values for the head of its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..reports.header import Facts
from ..reports.text import counted
from ..reports.words import names_words, plain_words
from .table import SweepTable
from .wording import runs_words

HEAD = ("backbone", "image_size", "epochs", "warm_epochs", "batch_size", "optimizer", "lr", "schedule", "target")


def title(table: SweepTable) -> str:
    """Return how many losses and runs there are."""
    seeds = len({run.seed for run in table.runs})
    return f"{counted(len(table.rows), 'loss', 'losses')}, {counted(seeds, 'seed')}, {runs_words(table)}"


def lede(account: Mapping[str, Any]) -> str:
    """Return in a sentence what was trained on what."""
    recipe = account["recipe"]
    return (
        f"Each loss trained {recipe['backbone']} from each seed, for {counted(recipe['epochs'], 'epoch')} on the same "
        f"images; the figures are of the {account['split']} split, which took no part in the training."
    )


def facts(account: Mapping[str, Any]) -> list[Facts]:
    """Return what tells this sweep from others."""
    recipe = account["recipe"]
    training = [
        (_words(name), plain_words(recipe[name])) for name in HEAD if name in recipe and recipe[name] is not None
    ]
    published = "published weights" if recipe.get("pretrained") else "weights drawn from the seed"
    return [
        Facts.of("Training", *training),
        Facts.of(
            "Data",
            ("source", str(account["data"])),
            ("evaluated on", f"split {account['split']}", *account["test_data"]),
            ("human maps", str(account["human_maps"] or "as the data name them")),
            (
                "begun from",
                str(account["weights"] or published),
            ),
        ),
        Facts.of(
            "Sweep",
            ("losses", *names_words(account["losses"])),
            ("seeds", *names_words([str(seed) for seed in account["seeds"]])),
            ("baseline", str(account["baseline"])),
        ),
    ]


def settings(account: Mapping[str, Any]) -> list[Facts]:
    """Return the whole recipe and the settings: what it takes to do it again."""
    found = [
        Facts.of(heading, *((_words(name), plain_words(value)) for name, value in account[key].items()))
        for heading, key in (("Recipe", "recipe"), ("Settings", "settings"))
    ]
    return [*found, Facts.of("Versions", ("saliencekit", str(account["saliencekit"])))]


def _words(name: str) -> str:
    return name.replace("_", " ")
