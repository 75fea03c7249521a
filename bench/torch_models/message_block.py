"""The message block of PaiNN with plain sums, as encoder and prior of stage 1 stack it.

Every array of the published formulation is made: a filter and a message of k F channels for every edge, then sums
by receiver. Distances and radial functions are computed anew in every block, as published.

Edges are rows (i, j): i receives, j sends, r_ij = x_j - x_i. Vector features are (N, F, 3).
"""

import math

import torch
from torch import nn
from torch.nn import functional

from torch_models.segments import sum_rows


class SwishLinear(nn.Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.silu(super().forward(x))


def gate_net(channels: int, n_gates: int) -> nn.Sequential:
    """phi(s) = W2 swish(W1 s + b1) + b2, n_gates blocks of F channels"""
    return nn.Sequential(SwishLinear(channels, channels), nn.Linear(channels, n_gates * channels))


def length_and_unit(r_E3: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    d_E = (r_E3**2 + 1e-8).sum(1).sqrt()
    return d_E, r_E3 / d_E[:, None]


class RadialBasis(nn.Module):
    """e_k(d) = sin(k pi d / c) / d inside the cutoff, k = 1..K"""

    def __init__(self, n_rbf: int, cutoff: float):
        super().__init__()
        self.cutoff = cutoff
        self.register_buffer("wave_K", torch.arange(1, n_rbf + 1) * (math.pi / cutoff), persistent=False)

    def forward(self, d_E: torch.Tensor) -> torch.Tensor:
        d_E1 = d_E[:, None]
        return torch.where(d_E1 < self.cutoff, torch.sin(self.wave_K * d_E1) / d_E1, 0)


class DistanceFilter(nn.Module):
    """w(d) = f(d) (W e(d) + b) with the cosine envelope f; one row of k F channels per edge"""

    def __init__(self, n_rbf: int, cutoff: float, rows: int):
        super().__init__()
        self.cutoff = cutoff
        self.block = nn.Sequential(RadialBasis(n_rbf, cutoff), nn.Linear(n_rbf, rows))

    def envelope(self, d_E: torch.Tensor) -> torch.Tensor:
        return torch.where(d_E < self.cutoff, 0.5 * (torch.cos(math.pi / self.cutoff * d_E) + 1), 0)

    def forward(self, d_E: torch.Tensor) -> torch.Tensor:
        return self.block(d_E) * self.envelope(d_E)[:, None]


class EquivariantMessage(nn.Module):
    """ds_i = sum m1, dv_i = sum m2 * unit_ij + m0 * v_j with m = phi(s_j) * w(d_ij)"""

    def __init__(self, channels: int, n_rbf: int, cutoff: float):
        super().__init__()
        self.inv_dense = gate_net(channels, 3)
        self.dist_embed = DistanceFilter(n_rbf, cutoff, 3 * channels)

    def forward(self, s: torch.Tensor, v: torch.Tensor, r_E3: torch.Tensor, dst: torch.Tensor, src: torch.Tensor,
                n_dst: int) -> tuple[torch.Tensor, torch.Tensor]:
        """s (N,F), v (N,F,3) of the senders -> ds (n_dst,F), dv (n_dst,F,3)"""
        d_E, unit_E3 = length_and_unit(r_E3)
        m0, m1, m2 = (self.inv_dense(s)[src] * self.dist_embed(d_E)).chunk(3, dim=1)
        dv_EF3 = m2[:, :, None] * unit_E3[:, None, :] + m0[:, :, None] * v[src]
        return sum_rows(m1, dst, n_dst), sum_rows(dv_EF3, dst, n_dst)
