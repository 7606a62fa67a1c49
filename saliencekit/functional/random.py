"""Random numbers that are a function of (seed, image, stream), and of nothing else.

A counter-based generator: number ``i`` of an image is a hash of the image's key and of ``i``. There is no
state, so the batch size, the order, the number of processes, a resumed run and the device change nothing,
bit for bit, and the global generators of Python, NumPy and torch are never touched.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import InputError

_GOLDEN = -0x61C8864680B583EB  # 0x9E3779B97F4A7C15, the odd constant nearest to 2^64 / golden ratio
_FACTOR_1 = -0x40A7B892E31B1A47  # 0xBF58476D1CE4E5B9
_FACTOR_2 = -0x6B2FB644ECCEEE15  # 0x94D049BB133111EB


@dataclass(frozen=True, eq=False)
class Draw:
    """Independent random streams, one an image, on the images' device.

    Parameters
    ----------
    keys
        ``(N,)`` int64, one key an image. Use :meth:`of` to make them from a seed and names.

    Notes
    -----
    Number ``i`` is ``mix(key ^ mix((i + 1) * golden))`` with ``mix`` the finaliser of SplitMix64 [1]_ in
    wrapping 64-bit integers. A uniform is the top 24 bits, so it is exact in float32 and equal on every
    device. The tests hold mean, variance and uniformity (Kolmogorov-Smirnov), and correlation between keys,
    between neighbouring numbers and between seeds, to what chance allows over a million numbers.

    References
    ----------
    .. [1] Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.

    Examples
    --------
    >>> both = Draw.of(0, ["real/a.png", "fake/b.png"], "salt-and-pepper")
    >>> alone = Draw.of(0, ["fake/b.png"], "salt-and-pepper")
    >>> bool((both.uniform(3)[1] == alone.uniform(3)[0]).all())
    True
    """

    keys: Tensor

    def __post_init__(self) -> None:
        if self.keys.ndim != 1 or self.keys.dtype != torch.int64:
            raise InputError(
                f"expected `keys` of shape (N,) and type torch.int64, got {tuple(self.keys.shape)} of {self.keys.dtype}"
            )

    @classmethod
    def of(cls, seed: int, identities: Sequence[str], stream: str, device: torch.device | str = "cpu") -> Draw:
        """Return the streams named ``stream`` of the images ``identities`` under ``seed``.

        Raises
        ------
        InputError
            ``identities`` is one string instead of a sequence of them.
        """
        if isinstance(identities, str):
            raise InputError("expected `identities` to be a sequence of names, got one string")
        keys = torch.tensor([_name_hash(f"{seed}\0{name}") for name in identities], dtype=torch.int64)
        return cls(keys.to(device, non_blocking=True)).fork(stream)

    def fork(self, stream: str) -> Draw:
        """Return other streams for the same images, named ``stream``, independent of these.

        >>> draw = Draw.of(0, ["a.png"], "noise")
        >>> bool(draw.fork("0.25").uniform() == draw.fork("0.50").uniform())
        False
        """
        return Draw(_mix(self.keys ^ _name_hash(stream)))

    def bits(self, *shape: int) -> Tensor:
        """Return ``(N, *shape)`` int64 with all 64 bits random.

        >>> Draw.of(0, ["a.png"], "noise").bits(2).dtype
        torch.int64
        """
        counter = torch.arange(1, math.prod(shape) + 1, device=self.keys.device)
        numbers = _mix(self.keys[:, None] ^ _mix(counter * _GOLDEN))
        return numbers.reshape(len(self.keys), *shape)

    def uniform(self, *shape: int) -> Tensor:
        """Return ``(N, *shape)`` float32 numbers, uniform on the multiples of 2^-24 in [0, 1).

        >>> numbers = Draw.of(0, ["a.png"], "noise").uniform(2, 1000)
        >>> numbers.shape, bool((numbers.mean() - 0.5).abs() < 0.03)
        (torch.Size([1, 2, 1000]), True)
        """
        return _shift_right(self.bits(*shape), 40).to(torch.float32) * 2.0**-24

    def integers(self, high: int, *shape: int) -> Tensor:
        """Return ``(N, *shape)`` int64 numbers, uniform on 0 ... ``high`` - 1.

        One probability differs from another by less than ``high`` / 2^32 of itself.

        Raises
        ------
        InputError
            ``high`` is not in 1 ... 2^31.

        Examples
        --------
        >>> Draw.of(0, ["a.png"], "die").integers(6, 10_000).unique().tolist()
        [0, 1, 2, 3, 4, 5]
        """
        if not 1 <= high <= 2**31:
            raise InputError(f"expected `high` in 1 ... 2^31, got {high}")
        return (_shift_right(self.bits(*shape), 32) * high).bitwise_right_shift_(32)


def _name_hash(name: str) -> int:
    """64 bits of BLAKE2b of a name, as a signed integer; file names with undecodable bytes included."""
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def _shift_right(numbers: Tensor, places: int) -> Tensor:
    """Logical right shift of int64 (torch's own copies the sign bit)."""
    return (numbers >> places).bitwise_and_((1 << (64 - places)) - 1)


def _mix(numbers: Tensor) -> Tensor:
    """Finaliser of SplitMix64: every bit of the input changes every bit of the output half of the time."""
    numbers = (numbers ^ _shift_right(numbers, 30)).mul_(_FACTOR_1)
    numbers = numbers.bitwise_xor_(_shift_right(numbers, 27)).mul_(_FACTOR_2)
    return numbers.bitwise_xor_(_shift_right(numbers, 31))
