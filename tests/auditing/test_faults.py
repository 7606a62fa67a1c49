"""What goes wrong in the middle of an audit: each case is said, counted, or gone on from."""

import errno
import json
import math
import os
import shutil

import pytest
import torch
from torch import nn

from saliencekit import DataError, EnvironmentFault, ModelError, Preprocessing
from saliencekit.auditing import AuditSettings, run_audit
from saliencekit.auditing.crew import Crew
from saliencekit.auditing.recording import Recorder
from saliencekit.data import dataset
from saliencekit.extractors import GradCAM
from saliencekit.measures import Entropy
from saliencekit.measures.look import look_clean
from saliencekit.functional.random import Draw

GREY = Preprocessing(size=(24, 24), channels=1, mean=(0.0,), std=(1.0,))


class Plain(nn.Module):
    """A small network that a test may spoil."""

    def __init__(self):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.features = nn.Sequential(nn.Conv2d(1, 4, 3, 2, 1), nn.ReLU())
            self.fc = nn.Linear(4, 2)

    def forward(self, images):
        return self.fc(self.features(images).mean((2, 3)))


def audited(model, data, output, **settings):
    chosen = {"measures": "entropy", "workers": 0, "gallery": 1, **settings}
    return run_audit(model, data, settings=AuditSettings(**chosen), output=output, preprocessing=GREY)


# Maps


def test_maps_without_a_meaning_are_counted_by_their_names(tmp_path, monkeypatch):
    """Twelve images: three zero maps, two constant, two with a NaN, one with a single cell, four as they come."""
    kinds = [None, "zero", "constant", "non-finite", "one-pixel", "zero", "constant", "non-finite", "zero", *[None] * 3]
    spoilt = {"zero": 0.0, "constant": 2.5, "non-finite": math.nan, "one-pixel": 0.0}
    images = (torch.arange(12.0) / 12)[:, None, None, None] + torch.rand(12, 1, 24, 24) / 100
    salience = GradCAM.salience

    def spoiling(self, capture, target, *, keep_graph):
        maps = salience(self, capture, target, keep_graph=keep_graph).clone()
        means = capture.rerun_means
        for place, number in enumerate((means * 12).long().tolist()):
            kind = kinds[number]
            if kind == "non-finite":
                maps[place, 0, 0] = math.nan
            elif kind is not None:
                maps[place] = spoilt[kind]
            if kind == "one-pixel":
                maps[place, 3, 4] = 1.0
        return maps

    del salience, spoiling, images


