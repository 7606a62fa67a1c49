"""Maps that the tests of this room share."""

import torch

FLAT = {
    "zero": torch.zeros(7, 7),
    "constant": torch.full((7, 7), 0.1),
    "negative constant": torch.full((7, 7), -3.0),
    "one cell": torch.ones(1, 1),
    "a nan": torch.eye(7).index_put((torch.tensor(2), torch.tensor(3)), torch.tensor(torch.nan)),
    "an infinity": torch.eye(7).index_put((torch.tensor(2), torch.tensor(3)), torch.tensor(torch.inf)),
    "minus infinity": torch.eye(7).index_put((torch.tensor(2), torch.tensor(3)), torch.tensor(-torch.inf)),
    "all nan": torch.full((7, 7), torch.nan),
    "a range that overflows": torch.tensor([[-3e38, 3e38]]),
    "a subnormal range": torch.tensor([[0.0, 1e-40]]),
}


def maps(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
