"""The convolution of stage 2: a tensor product of sender features with spherical harmonics, weights per edge.

The published code lets e3nn generate this from irreps: 12x0e (s), 4x1o (v), 4x1e (p), 12x0o (o). The paths are written
out here instead, in e3nn's order of weights and with its normalisations, so that torch alone runs them.
"""

import math

import torch
from torch import nn
from torch.nn import functional

from torch_models.segments import mean_rows

SCALARS, VECTORS = 12, 4
WIDTHS = (12, 24, 36, 48)  # of the features before each layer and after the last
N_WEIGHTS = (192, 288, 384)  # per edge
# factor of each path, by layer: square root of dim(out) / sum of the channels of all paths that end there,
# times the normalisation of the 3j symbol
THIRD, SIXTH, TENTH = 1 / math.sqrt(3), 1 / math.sqrt(6), 1 / math.sqrt(10)
TO_S = tuple(math.sqrt(1 / n) for n in (12, 16, 16))
TO_V = tuple(math.sqrt(x) for x in (1 / 4, 3 / 20, 1 / 8))
TO_P = (0.0, math.sqrt(3 / 4), math.sqrt(1 / 4))
TO_O = math.sqrt(1 / 4)


def harmonics(r_E3: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Y1 (E,3), and Y2 (E,3,3) as the symmetric traceless matrix; Y0 is 1. Zeros for a vector of length 0."""
    x, y, z = functional.normalize(r_E3, dim=1, eps=1e-12).unbind(1)
    a, b, d = math.sqrt(15) * x * z, math.sqrt(15) * x * y, math.sqrt(15) * y * z
    c, f = math.sqrt(5) * (y**2 - 0.5 * (x**2 + z**2)), math.sqrt(15) / 2 * (z**2 - x**2)
    rows = (-c * THIRD - f, b, a, b, 2 * c * THIRD, d, a, d, -c * THIRD + f)
    return math.sqrt(3) * torch.stack([x, y, z], dim=1), torch.stack(rows, dim=1).view(-1, 3, 3)


def mix(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    """Channels u of every edge to channels k: scalars (E,u) or vectors (E,u,3) with w (E,u,k)"""
    return torch.einsum("eu,euk->ek", x, w) if x.dim() == 2 else torch.einsum("euc,euk->ekc", x, w)


def tensor_product(layer: int, x: torch.Tensor, y1: torch.Tensor, y2: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    """x (E, WIDTHS[layer]) of the senders, w (E, N_WEIGHTS[layer]) -> (E, WIDTHS[layer + 1])"""
    first = 0

    def weights(n_in: int, n_out: int) -> torch.Tensor:
        nonlocal first
        first += n_in * n_out
        return w[:, first - n_in * n_out:first].view(-1, n_in, n_out)

    y1_3 = y1[:, None, :]
    s = x[:, :SCALARS]
    out_s = TO_S[layer] * mix(s, weights(SCALARS, SCALARS))
    out_v = TO_V[layer] * THIRD * mix(s, weights(SCALARS, VECTORS))[:, :, None] * y1_3
    if layer == 0:
        return torch.cat([out_s, out_v.flatten(1)], dim=1)

    v = x[:, 12:24].view(-1, VECTORS, 3)
    out_v = out_v + TO_V[layer] * THIRD * mix(v, weights(VECTORS, VECTORS))
    out_s = out_s + TO_S[layer] * THIRD * mix((v * y1_3).sum(-1), weights(VECTORS, SCALARS))
    out_p = TO_P[layer] * SIXTH * mix(torch.linalg.cross(v, y1_3.expand_as(v), dim=-1), weights(VECTORS, VECTORS))
    out_v = out_v + TO_V[layer] * TENTH * mix(torch.einsum("ecd,eud->euc", y2, v), weights(VECTORS, VECTORS))
    if layer == 1:
        return torch.cat([out_s, out_v.flatten(1), out_p.flatten(1)], dim=1)

    p = x[:, 24:36].view(-1, VECTORS, 3)
    out_p = out_p + TO_P[layer] * THIRD * mix(p, weights(VECTORS, VECTORS))
    across = torch.linalg.cross(p, y1_3.expand_as(p), dim=-1)
    out_v = out_v + TO_V[layer] * SIXTH * mix(across, weights(VECTORS, VECTORS))
    out_o = TO_O * THIRD * mix((p * y1_3).sum(-1), weights(VECTORS, SCALARS))
    out_p = out_p + TO_P[layer] * TENTH * mix(torch.einsum("ecd,eud->euc", y2, p), weights(VECTORS, VECTORS))
    return torch.cat([out_s, out_v.flatten(1), out_p.flatten(1), out_o], dim=1)


class Convolution(nn.Module):
    """out_i = mean over edges (i, j) of x_j (x) Y(r_ij), the weights from a network of what the edge sees"""

    def __init__(self, layer: int, hidden: int = 3 * SCALARS):
        super().__init__()
        self.layer = layer
        # items 0 and 3 in the published code, where a dropout of 0 stands between
        self.fc = nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(), nn.Identity(),
                                nn.Linear(hidden, N_WEIGHTS[layer]))

    def forward(self, x, receiver, sender, seen_EC, y1, y2, n_receivers: int) -> torch.Tensor:
        return mean_rows(tensor_product(self.layer, x[sender], y1, y2, self.fc(seen_EC)), receiver, n_receivers)
