"""How far a forward has come: the last layers that gave maps and tokens, and the last attention."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from ..finding.layouts import MAPS, Layout
from ..finding.shapes import Shapes
from .tap import Tap

_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


class Place(NamedTuple):
    """Where a forward is: the last layer that finished with maps or tokens, and the last module of any kind."""

    name: str
    module: nn.Module
    tap: Tap | None
    finished: nn.Module
    layout: Layout = MAPS
    time: int = -1


class Attended(NamedTuple):
    """The last attention: the layer whose tokens it was given, and the module that was given them."""

    place: Place | None
    name: str
    module: nn.Module
    given: Tensor
    layout: Layout
    time: int


class Course:
    """What has been noted of one forward of ``root`` so far.

    Attributes
    ----------
    place, maps, tokens
        The last layer of any kind, of maps, and of tokens.
    attended
        The last attention; ``None`` again once a block has begun that will attend.
    lost
        Whether such a block has begun, and has not attended so far.
    strange
        How many modules have given what may be tokens, but whose grid is not known, since the last layer.
    layers
        Name, shape of the maps and number of other tokens of each layer.
    """

    def __init__(self, root: nn.Module, shapes: Shapes) -> None:
        self._root, self._shapes = root, shapes
        self.place = self.maps = self.tokens = Place("", root, None, root)
        self.attended: Attended | None = None
        self.lost = False
        self.strange = 0
        self.layers: list[tuple[str, tuple[int, ...], int]] = []
        self._recent: list[Place] = []  # layers of tokens since the last attention
        self._blocks: set[type[nn.Module]] = set()  # kinds of module in which there was attention

    def take(self, place: Place) -> None:
        """Note a layer that has finished."""
        self.place, self.strange = place, 0
        if place.layout.tokens:
            self.tokens = place
            self._recent.append(place)
        else:
            self.maps = place

    def retake(self, tap: Tap) -> None:
        """Note that the tokens of the last layer are kept anew, by ``tap``."""
        old = self.tokens
        self._recent = [each._replace(tap=tap) if each.tap is old.tap else each for each in self._recent]
        self.tokens = old._replace(tap=tap)
        if self.place.tap is old.tap:
            self.place = self.place._replace(tap=tap)

    def attend(self, name: str, module: nn.Module, given: Tensor, time: int) -> None:
        """Note attention in ``module``, which was given ``given``."""
        layout = self._shapes.layout(given)
        if layout is not None:
            place = self._origin(name, given) if layout.tokens else self.maps
            self.attended = Attended(place, name, module, given, layout, time)
            self._recent, self.lost = [], False

    def begins_block(self, module: nn.Module) -> bool:
        """Return whether ``module`` is of a kind that attends, and note that it has begun."""
        if type(module) not in self._blocks:
            return False
        self.attended, self.lost = None, True
        return True

    def _origin(self, name: str, given: Tensor) -> Place | None:
        """Return the layer whose tokens the module ``name`` was given, or else the last one before it."""
        before = [each for each in self._recent if not each.name.startswith(f"{name}.")]
        for place in reversed(before):
            if place.tap is not None and place.tap.is_given(given):
                self._note_block(place.name, name)
                return place
        return before[-1] if before else None

    def _note_block(self, layer: str, attention: str) -> None:
        """Note what kind of module holds a layer and the attention that was given its tokens."""
        parent = layer.rpartition(".")[0]
        block = self._root.get_submodule(parent)
        if parent and attention.startswith(f"{parent}.") and not isinstance(block, _CONTAINERS):
            self._blocks.add(type(block))
