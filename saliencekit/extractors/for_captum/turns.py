"""Nonlinear layers made into what captum's hooks need: modules, each used once, none in place."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle

NONLINEAR = (
    *(nn.ReLU, nn.ELU, nn.LeakyReLU, nn.Sigmoid, nn.Tanh, nn.Softplus, nn.Softmax),
    *(nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d),
)


class Turns(nn.Module):
    """Stands where one module was that a forward uses several times, with a copy for each use.

    >>> import torch
    >>> turns = Turns(nn.ReLU(), 2)
    >>> turns(torch.tensor(-1.0)), turns(torch.tensor(2.0)), len(turns.each)
    (tensor(0.), tensor(2.), 2)
    """

    def __init__(self, module: nn.Module, uses: int) -> None:
        super().__init__()
        self.each = nn.ModuleList(copy.deepcopy(module) for _ in range(uses))
        self._next = 0

    def forward(self, *args: Any) -> Any:
        """Give the arguments to the copy whose turn it is."""
        module = self.each[self._next]
        self._next = (self._next + 1) % len(self.each)
        return module(*args)


class Functions(TorchFunctionMode):
    """Sees the nonlinear functions that a network calls without a module, and gives them to those in ``pools``."""

    MODULES: ClassVar[dict[str, type[nn.Module]]] = {
        **dict.fromkeys(("relu", "relu_"), nn.ReLU),
        **dict.fromkeys(("sigmoid", "sigmoid_"), nn.Sigmoid),
        **dict.fromkeys(("tanh", "tanh_"), nn.Tanh),
    }

    def __init__(self) -> None:
        super().__init__()
        self.inside = 0  # nonlinear modules that are running: what they call is theirs
        self.calls: Counter[type[nn.Module]] = Counter()
        self.in_place = False
        self.pools: Mapping[type[nn.Module], Turns] = {}

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run ``func``, or the module that does the same."""
        settings = kwargs or {}
        name = getattr(func, "__name__", "")
        module = None if self.inside else self.MODULES.get(name)
        if module is None:
            return func(*args, **settings)
        self.calls[module] += 1
        self.in_place |= name.endswith("_") or any(each is True for each in (*args[1:], settings.get("inplace")))
        if module not in self.pools:
            return func(*args, **settings)
        return self.pools[module](args[0] if args else settings["input"])

    def watch(self, network: nn.Module) -> list[RemovableHandle]:
        """Tell the calls of nonlinear modules of ``network`` from those of the network itself."""

        def enter(*_: object) -> None:
            self.inside += 1

        def leave(*_: object) -> None:
            self.inside -= 1

        return [
            handle
            for module in nonlinear(network)
            for handle in (module.register_forward_pre_hook(enter), module.register_forward_hook(leave))
        ]


class Passage(nn.Module):
    """Hides a module that only gives its input another shape: LRP has no rule for it, and needs none.

    >>> import torch
    >>> Passage(nn.Flatten())(torch.zeros(1, 2, 3)).shape
    torch.Size([1, 6])
    """

    HIDDEN: ClassVar[tuple[type[nn.Module], ...]] = (nn.Flatten, nn.Unflatten, nn.Identity)

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self._hidden = (module,)  # no child
        self.known = nn.Dropout(0.0)  # without a child it would count itself

    def forward(self, *args: Any) -> Any:
        """Give the arguments to the module."""
        return self._hidden[0](*args)


def hide_passages(network: nn.Module) -> None:
    """Put :class:`Passage` in the place of what only changes shapes."""
    for parent in list(network.modules()):
        for name, child in parent._modules.items():
            if isinstance(child, Passage.HIDDEN):
                parent._modules[name] = Passage(child)


def nonlinear(network: nn.Module) -> list[nn.Module]:
    """Return the nonlinear modules of ``network``, each once.

    >>> nonlinear(nn.Sequential(nn.Linear(2, 2), nn.ReLU()))
    [ReLU()]
    """
    return [module for module in network.modules() if isinstance(module, NONLINEAR)]


def take_turns(network: nn.Module, uses: Mapping[nn.Module, int]) -> None:
    """Put :class:`Turns` in the place of each module that is used several times."""
    turns = {module: Turns(module, count) for module, count in uses.items() if count > 1}
    for parent in list(network.modules()):
        for name, child in parent._modules.items():
            if child in turns:
                parent._modules[name] = turns[child]


def out_of_place(network: nn.Module) -> bool:
    """Let no module of ``network`` write into its input; return whether one did."""
    found = False
    for module in network.modules():
        if getattr(module, "inplace", None) is True:
            module.inplace = False  # type: ignore[assignment]
            found = True
    return found


def inputs_of_their_own(network: nn.Module) -> None:
    """Give each nonlinear module a copy of its input.

    captum hooks the input tensor itself: where others read it too, their gradient would be overwritten.
    """
    for module in nonlinear(network):
        module.register_forward_pre_hook(lambda _, args: (args[0].clone(), *args[1:]), prepend=True)
