"""A trail holds a tensor, its views and its copies until one of them is written into."""

import torch

from saliencekit.extractors.finding.trails import Trail, version


def test_a_trail_holds_views_until_they_are_written_into():
    tensor = torch.zeros(2, 3, 1, 1)
    trail = Trail(tensor)
    view = tensor.flatten(1)
    assert trail.holds(tensor)
    assert trail.holds(view)
    assert trail.holds(tensor.detach())
    assert not trail.holds(tensor.clone())
    assert not trail.holds(tensor[:1])
    assert not trail.holds(None)
    view.add_(1)
    assert not trail.holds(tensor)
    assert not trail.holds(view)
    trail.add(view)
    assert trail.holds(tensor)


def test_versions():
    tensor = torch.zeros(2)
    tensor.add_(1)
    assert version(tensor) == 1
    with torch.inference_mode():
        assert version(torch.zeros(2)) == 0
