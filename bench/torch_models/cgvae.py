"""Stage 1, beads to particles: the published CGVAE (Wang et al., ICML 2022) in plain PyTorch.

Written from the equations with what the published code does differently kept: the encoder filters atom edges with the
bead cutoff and the decoder bead edges with the atom cutoff, KL divides by sigma_p, the vectors of encoder and prior are
computed although nothing reads them. Parameters bear the published names; those that no output depends on are left
out, since neither clipping nor Adam ever touches them.
"""

from dataclasses import dataclass

import torch
from torch import nn

from torch_models.case_file import Case
from torch_models.message_block import DistanceFilter, EquivariantMessage, SwishLinear, gate_net, length_and_unit
from torch_models.segments import directed, mean_rows, sum_rows

POOLING_CUTOFF = 20.0  # Angstrom, fixed in the published code
TABLE_ROWS = 100  # atomic numbers, and beads
CLIP_NORM = 0.01
SETTINGS = ("n_basis", "n_rbf", "enc_nconv", "dec_nconv", "atom_cutoff", "cg_cutoff", "beta", "gamma")  # of the header


@dataclass
class BeadBatch:
    """Frames joined: A atoms and B beads of all of them; edges (E,2) as (receiver, sender)."""

    number_A: torch.Tensor
    xyz_A3: torch.Tensor
    bead_of_A: torch.Tensor
    atom_edges: torch.Tensor
    bead_index_B: torch.Tensor
    xyz_B3: torch.Tensor
    bead_edges: torch.Tensor
    bonds: torch.Tensor
    channel_A: torch.Tensor  # rank of an atom among those of its bead
    n_beads_frame: int
    eps_BF: torch.Tensor


def read_batch(case: Case) -> BeadBatch:
    atoms, beads = case.reals("in.nxyz"), case.reals("in.CG_nxyz")
    bead_of = case.indices("in.CG_mapping")
    channel = torch.zeros_like(bead_of)
    for bead in bead_of.unique():
        members = (bead_of == bead).nonzero().squeeze(1)
        channel[members] = torch.arange(len(members))
    eps = case.reals("in.eps")
    return BeadBatch(atoms[:, 0].long(), atoms[:, 1:].contiguous(), bead_of, directed(case.indices("in.nbr_list")),
                     beads[:, 0].long(), beads[:, 1:].contiguous(), directed(case.indices("in.CG_nbr_list")),
                     case.indices("in.bond_edge_list"), channel, int(case.indices("in.num_CGs")[0]),
                     eps[0] if eps.dim() == 3 else eps)


def edge_vectors(xyz: torch.Tensor, edges: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(x_src - x_dst, dst, src)"""
    dst, src = edges.unbind(1)
    return xyz[src] - xyz[dst], dst, src


class MessageLayer(nn.Module):
    def __init__(self, channels: int, n_rbf: int, cutoff: float):
        super().__init__()
        self.inv_message = EquivariantMessage(channels, n_rbf, cutoff)

    def forward(self, s, v, *edges):
        ds, dv = self.inv_message(s, v, *edges, s.shape[0])
        return s + ds, v + dv


class Encoder(nn.Module):
    def __init__(self, config: dict):
        super().__init__()
        f, k, layers = config["n_basis"], config["n_rbf"], range(config["enc_nconv"])
        self.atom_embed = nn.Embedding(TABLE_ROWS, f, padding_idx=0)
        self.message_blocks = nn.ModuleList(MessageLayer(f, k, config["cg_cutoff"]) for _ in layers)
        self.cgmessage_layers = nn.ModuleList(EquivariantMessage(f, k, POOLING_CUTOFF) for _ in layers)

    def forward(self, batch: BeadBatch) -> torch.Tensor:
        edges = edge_vectors(batch.xyz_A3, batch.atom_edges)
        n_atoms, n_beads = len(batch.xyz_A3), len(batch.xyz_B3)
        bead = batch.bead_of_A
        to_bead = batch.xyz_A3 - batch.xyz_B3[bead], bead, torch.arange(n_atoms, device=bead.device)
        h = self.atom_embed(batch.number_A)
        v = h.new_zeros(*h.shape, 3)
        for layer, (message, pool) in enumerate(zip(self.message_blocks, self.cgmessage_layers)):
            h, v = message(h, v, *edges)
            if layer == 0:
                pooled = mean_rows(h, bead, n_beads)
                pooled_v = mean_rows(v.flatten(1), bead, n_beads).view(n_beads, -1, 3)
            ds, dv = pool(h, v, *to_bead, n_beads)
            pooled, pooled_v = pooled + ds, pooled_v + dv
        return pooled


class Prior(nn.Module):
    def __init__(self, config: dict):
        super().__init__()
        f, k = config["n_basis"], config["n_rbf"]
        self.atom_embed = nn.Embedding(TABLE_ROWS, f, padding_idx=0)
        self.message_blocks = nn.ModuleList(MessageLayer(f, k, config["cg_cutoff"]) for _ in range(config["enc_nconv"]))
        self.mu = nn.Sequential(nn.Linear(f, f), nn.Tanh(), nn.Linear(f, f))
        self.sigma = nn.Sequential(nn.Linear(f, f), nn.Tanh(), nn.Linear(f, f))

    def forward(self, batch: BeadBatch) -> tuple[torch.Tensor, torch.Tensor]:
        edges = edge_vectors(batch.xyz_B3, batch.bead_edges)
        h = self.atom_embed(batch.bead_index_B)
        v = h.new_zeros(*h.shape, 3)
        for message in self.message_blocks:
            h, v = message(h, v, *edges)
        return self.mu(h), 1e-9 + torch.exp(self.sigma(h) / 2)


class PseudoMessage(nn.Module):
    """Nine gates; the receiver's s, s_bar, v, v_bar enter the message of every edge."""

    def __init__(self, channels: int, n_rbf: int, cutoff: float):
        super().__init__()
        self.inv_dense = gate_net(channels, 9)
        self.dist_embed = DistanceFilter(n_rbf, cutoff, 9 * channels)

    def forward(self, s, s_bar, v, v_bar, r_E3, dst, src):
        d_E, unit_E3 = length_and_unit(r_E3)
        m = (self.inv_dense(s)[src] * self.dist_embed(d_E)).chunk(9, dim=1)
        m1, m2, m3, m4, m5, m6, m7, m8 = (gate[:, :, None] for gate in m[1:])
        v_i, v_j, v_bar_i, v_bar_j, s_bar_i = v[dst], v[src], v_bar[dst], v_bar[src], s_bar[dst][:, :, None]
        ds = m[0] * s[dst]
        ds_bar = (v_i * v_bar_j).sum(-1)  # no filter, as published
        dv = (m1 * unit_E3[:, None, :] + m2 * v_j + m3 * torch.linalg.cross(v_i, v_bar_j, dim=-1)
              + m4 * s_bar_i * v_bar_j)
        dv_bar = (m5 * v_bar_j + m6 * s_bar_i * v_j + m7 * torch.linalg.cross(v_i, v_j, dim=-1)
                  + m8 * torch.linalg.cross(v_bar_i, v_bar_j, dim=-1))
        return tuple(old + sum_rows(rows, dst, len(s))
                     for old, rows in ((s, ds), (s_bar, ds_bar), (v, dv), (v_bar, dv_bar)))


class PseudoMessageLayer(nn.Module):
    def __init__(self, channels: int, n_rbf: int, cutoff: float):
        super().__init__()
        self.inv_message = PseudoMessage(channels, n_rbf, cutoff)

    def forward(self, *state_and_edges):
        return self.inv_message(*state_and_edges)


class Update(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.u_mat = nn.Linear(channels, channels, bias=False)
        self.v_mat = nn.Linear(channels, channels, bias=False)
        self.s_dense = nn.Sequential(SwishLinear(2 * channels, channels), nn.Linear(channels, 3 * channels))

    def forward(self, s, v):
        a = self.u_mat(v.transpose(1, 2)).transpose(1, 2)
        b = self.v_mat(v.transpose(1, 2)).transpose(1, 2)
        norm = (b**2 + 1e-10).sum(-1).sqrt()
        q0, q1, q2 = self.s_dense(torch.cat([s, norm], dim=1)).chunk(3, dim=1)
        return s + q1 * (a * b).sum(-1) + q2, v + q0[:, :, None] * a


class Decoder(nn.Module):
    def __init__(self, config: dict):
        super().__init__()
        f, k, layers = config["n_basis"], config["n_rbf"], range(config["dec_nconv"])
        self.message_blocks = nn.ModuleList(PseudoMessageLayer(f, k, config["atom_cutoff"]) for _ in layers)
        self.update_blocks = nn.ModuleList(Update(f) for _ in layers)

    def forward(self, z_BF: torch.Tensor, batch: BeadBatch) -> torch.Tensor:
        """vectors (B,F,3)"""
        edges = edge_vectors(batch.xyz_B3, batch.bead_edges)
        s, v = z_BF, z_BF.new_zeros(*z_BF.shape, 3)
        v_bar = torch.zeros_like(v)
        # the published start for three beads, whose plane has no handedness
        s_bar = torch.ones_like(s) if batch.n_beads_frame == 3 else torch.zeros_like(s)
        for message, update in zip(self.message_blocks, self.update_blocks):
            s, s_bar, v, v_bar = message(s, s_bar, v, v_bar, *edges)
            s, v = update(s, v)
        return v


class Cgvae(nn.Module):
    def __init__(self, case: Case):
        super().__init__()
        config = {name: case.setting(name) for name in SETTINGS}
        f = config["n_basis"]
        self.beta, self.gamma = config["beta"], config["gamma"]
        self.encoder, self.prior_net = Encoder(config), Prior(config)
        self.atom_munet = nn.Sequential(nn.Linear(f, f), nn.ReLU(), nn.Linear(f, f))
        self.atom_sigmanet = nn.Sequential(nn.Linear(f, f), nn.ReLU(), nn.Linear(f, f))
        self.equivaraintconv = Decoder(config)

    def decode(self, z_BF: torch.Tensor, batch: BeadBatch) -> torch.Tensor:
        """One channel an atom, centred in its bead: xyz (A,3)"""
        y_A3 = self.equivaraintconv(z_BF, batch)[batch.bead_of_A, batch.channel_A]
        centre_B3 = mean_rows(y_A3, batch.bead_of_A, len(batch.xyz_B3))
        return (batch.xyz_B3 - centre_B3)[batch.bead_of_A] + y_A3

    def sample(self, batch: BeadBatch) -> torch.Tensor:
        mu, sigma = self.prior_net(batch)
        return self.decode(mu + sigma * batch.eps_BF, batch)

    def loss(self, batch: BeadBatch) -> torch.Tensor:
        h = self.encoder(batch)
        mu, sigma = self.atom_munet(h), 1e-12 + torch.exp(self.atom_sigmanet(h) / 2)
        prior_mu, prior_sigma = self.prior_net(batch)
        xyz = self.decode(mu + sigma * batch.eps_BF, batch)
        recon = (xyz - batch.xyz_A3).square().mean()
        kl = 0.5 * (sigma**2 / prior_sigma**2 + (mu - prior_mu)**2 / prior_sigma  # not squared, as published
                    + torch.log(prior_sigma**2) - torch.log(sigma**2) - 1).sum(1).mean()
        a, b = batch.bonds.unbind(1)
        made, true = (((x[a] - x[b])**2).sum(1).add(1e-6).sqrt() for x in (xyz, batch.xyz_A3))
        return recon + self.beta * kl + self.gamma * (made - true).square().mean()
