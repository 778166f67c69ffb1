"""The loss that draws two vectors of one style together and pushes all others away."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def contrastive_loss(vectors: Tensor, temperature: float) -> Tensor:
    """NT-Xent of pairs that stand half a batch apart.

    Args:
        vectors: First members, then second members. [2 N, S]
        temperature: Divisor of the cosine similarity.

    Source:
        DiffPoseTalk, arXiv:2310.00434, training of the style encoder.
    """
    unit = functional.normalize(vectors, dim=-1)
    similarity = unit @ unit.T / temperature
    similarity = similarity.masked_fill(
        torch.eye(len(unit), dtype=torch.bool, device=unit.device), -torch.inf
    )
    partner = torch.arange(len(unit), device=unit.device).roll(len(unit) // 2)
    return functional.cross_entropy(similarity, partner)
