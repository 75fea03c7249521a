"""Stage 2, alpha carbons to atoms: the published GenZProt (Yang and Gomez-Bombarelli, ICML 2023) in plain PyTorch.

Its habits are kept: readouts mix vector components with scalars, KL divides by sigma_p, the first and last residue
are not built. Parameters bear the published names; those that no output depends on are left out.
"""

import torch
from torch import nn
from torch.nn import functional

from torch_models.case_file import Case
from torch_models.message_block import DistanceFilter, gate_net
from torch_models.placement import place_atoms
from torch_models.protein_batch import ProteinBatch
from torch_models.segments import mean_rows, sum_rows
from torch_models.tensor_product import SCALARS, WIDTHS, Convolution, harmonics

LATENT, ATOM_CUTOFF, TRACE_CUTOFF, N_RBF = 36, 9.0, 21.0, 15  # Angstrom
N_CONVOLUTIONS, N_DECODER_LAYERS, N_GAUSSIANS = 3, 4, 8
EPS = 1e-7
CLIP_NORM = 5.0
WEIGHTS = {"beta": 0.05, "delta": 1.0, "eta": 1.0, "zeta": 5.0}  # where the file's config says nothing


def edge_network(inputs: int) -> nn.Sequential:
    # items 0 and 3 in the published code, where a dropout of 0 stands between
    return nn.Sequential(nn.Linear(inputs, SCALARS), nn.ReLU(), nn.Identity(), nn.Linear(SCALARS, SCALARS))


def head(inputs: int, activation: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, LATENT), activation, nn.Linear(LATENT, LATENT))


def swish_head(inputs: int, hidden: int) -> nn.Sequential:
    return nn.Sequential(nn.SiLU(), nn.Linear(inputs, hidden), nn.SiLU(), nn.Linear(hidden, hidden))


def gaussians(r_E3: torch.Tensor, reach: float) -> torch.Tensor:
    width = reach / (N_GAUSSIANS - 1)
    centre = torch.linspace(0, reach, N_GAUSSIANS, dtype=r_E3.dtype, device=r_E3.device)
    return torch.exp(-0.5 * ((r_E3.norm(dim=1, keepdim=True) - centre) / width)**2)


def node_edges(kind_N: torch.Tensor, xyz_N3: torch.Tensor, edges: torch.Tensor, reach: float):
    """(receiver, sender), what the edge network sees, Y1 and Y2, for edges between nodes of one kind"""
    i, j = edges.unbind(1)
    r_E3 = xyz_N3[j] - xyz_N3[i]
    inputs = torch.stack([kind_N[i], kind_N[j]], dim=1), r_E3.new_zeros(len(i), 4), gaussians(r_E3, reach)
    return (i, j), torch.cat(inputs, dim=1), harmonics(r_E3)


def widened(x: torch.Tensor, width: int) -> torch.Tensor:
    return functional.pad(x, (0, width - x.shape[1]))


def seen(edge_EC, first, i, second, j):
    """What the weights of an edge depend on: its embedding and the scalars of both ends"""
    return torch.cat([edge_EC, first[i, :SCALARS], second[j, :SCALARS]], dim=1)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.atom_node_embedding = nn.Embedding(30, SCALARS, padding_idx=0)
        self.cg_node_embedding = nn.Embedding(30, SCALARS, padding_idx=0)
        self.atom_edge_embedding = edge_network(6 + N_GAUSSIANS)
        self.cg_edge_embedding = edge_network(6 + N_GAUSSIANS)
        self.cross_edge_embedding = edge_network(N_GAUSSIANS)
        self.atom_conv_layers = nn.ModuleList(Convolution(layer) for layer in range(N_CONVOLUTIONS))
        self.cg_to_atom_conv_layers = nn.ModuleList(Convolution(layer) for layer in range(N_CONVOLUTIONS))
        self.cg_conv_layers = nn.ModuleList(Convolution(layer) for layer in range(N_CONVOLUTIONS - 1))
        self.atom_to_cg_conv_layers = nn.ModuleList(Convolution(layer) for layer in range(N_CONVOLUTIONS - 1))
        self.dense = head(WIDTHS[3] + WIDTHS[2], nn.Tanh())

    def forward(self, batch: ProteinBatch) -> torch.Tensor:
        n_atoms, n_residues, res = len(batch.xyz_A3), len(batch.xyz_R3), batch.residue_of_A
        (ai, aj), atom_in, atom_y = node_edges(batch.number_A, batch.xyz_A3, batch.atom_edges, ATOM_CUTOFF + 5)
        (ri, rj), trace_in, trace_y = node_edges(batch.type_R, batch.xyz_R3, batch.trace_edges, TRACE_CUTOFF + 5)
        cross_r = batch.xyz_A3 - batch.xyz_R3[res]  # the same in both directions
        cross_y, own = harmonics(cross_r), torch.arange(n_atoms, device=res.device)
        atom_e, trace_e = self.atom_edge_embedding(atom_in), self.cg_edge_embedding(trace_in)
        cross_e = self.cross_edge_embedding(gaussians(cross_r, TRACE_CUTOFF + 5))

        atom = self.atom_node_embedding(batch.number_A.long())
        trace = self.cg_node_embedding(batch.type_R.long())
        for layer in range(N_CONVOLUTIONS):
            cross_seen = seen(cross_e, atom, own, trace, res)
            new_atom = (widened(atom, WIDTHS[layer + 1])
                        + self.atom_conv_layers[layer](atom, ai, aj, seen(atom_e, atom, ai, atom, aj), *atom_y, n_atoms)
                        + self.cg_to_atom_conv_layers[layer](trace, own, res, cross_seen, *cross_y, n_atoms))
            if layer < N_CONVOLUTIONS - 1:
                trace_seen = seen(trace_e, trace, ri, trace, rj)
                trace = (widened(trace, WIDTHS[layer + 1])
                         + self.cg_conv_layers[layer](trace, ri, rj, trace_seen, *trace_y, n_residues)
                         + self.atom_to_cg_conv_layers[layer](atom, res, own, cross_seen, *cross_y, n_residues))
            atom = new_atom
        return self.dense(torch.cat([mean_rows(atom, res, n_residues), trace], dim=1))


class Prior(nn.Module):
    def __init__(self):
        super().__init__()
        self.cg_node_embedding = nn.Embedding(30, SCALARS, padding_idx=0)
        self.cg_edge_embedding = edge_network(6 + N_GAUSSIANS)
        self.cg_conv_layers = nn.ModuleList(Convolution(layer) for layer in range(N_CONVOLUTIONS))
        self.mu, self.sigma = head(WIDTHS[3], nn.Tanh()), head(WIDTHS[3], nn.Tanh())

    def forward(self, batch: ProteinBatch) -> tuple[torch.Tensor, torch.Tensor]:
        (i, j), edge_in, y = node_edges(batch.type_R, batch.xyz_R3, batch.trace_edges, TRACE_CUTOFF + 5)
        edge = self.cg_edge_embedding(edge_in)
        x = self.cg_node_embedding(batch.type_R.long())
        for layer, convolution in enumerate(self.cg_conv_layers):
            x = widened(x, WIDTHS[layer + 1]) + convolution(x, i, j, seen(edge, x, i, x, j), *y, len(x))
        return self.mu(x), 1e-9 + torch.exp(self.sigma(x) / 2)


class ScalarMessage(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.inv_dense = gate_net(width, 1)
        self.dist_embed = DistanceFilter(N_RBF, TRACE_CUTOFF, width)

    def forward(self, s, d_E, i, j):
        return sum_rows(self.inv_dense(s)[j] * self.dist_embed(d_E), i, len(s))


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        residue_rows, embedding = 25, 4
        width = LATENT + embedding
        self.res_embed = nn.Embedding(residue_rows, embedding)
        self.backbone_dist = nn.Embedding(residue_rows, 3)
        self.sidechain_dist = nn.Embedding(residue_rows, 10)
        self.sidechain_angle = nn.Embedding(residue_rows, 10)
        self.message_blocks = nn.ModuleList(ScalarMessage(width) for _ in range(N_DECODER_LAYERS))
        self.dense_blocks = nn.ModuleList(swish_head(width, width) for _ in range(N_DECODER_LAYERS))
        self.sidechain_torsion_blocks = nn.ModuleList(swish_head(width, width) for _ in range(N_DECODER_LAYERS))
        self.backbone_angle, self.backbone_torsion = swish_head(width, 3), swish_head(width + 3, 3)
        self.final_torsion = swish_head(width, 10)

    def forward(self, z_RD: torch.Tensor, batch: ProteinBatch) -> torch.Tensor:
        """(R,13,3): rows N, C, O, side chain; length (Angstrom), angle, torsion (radians)"""
        kind = batch.type_R.long()
        i, j = batch.trace_edges.unbind(1)
        d_E = ((batch.xyz_R3[j] - batch.xyz_R3[i])**2 + 1e-8).sum(1).sqrt()
        s = torch.cat([z_RD, self.res_embed(kind)], dim=1)
        for message, dense in zip(self.message_blocks, self.dense_blocks):
            s = s + dense(message(s, d_E, i, j))
        angle = self.backbone_angle(s)
        torsion = self.backbone_torsion(torch.cat([s, angle], dim=1))
        for block in self.sidechain_torsion_blocks:
            s = s + block(s)
        backbone = torch.stack([self.backbone_dist(kind), angle, torsion], dim=2)
        side = torch.stack([self.sidechain_dist(kind), self.sidechain_angle(kind), self.final_torsion(s)], dim=2)
        return torch.cat([backbone, side], dim=1)


def pair_lengths(xyz_A3: torch.Tensor, pairs: torch.Tensor) -> torch.Tensor:
    a, b = pairs.unbind(1)
    return (((xyz_A3[a] - xyz_A3[b])**2).sum(1) + EPS).sqrt()


def too_close(xyz_A3: torch.Tensor, pairs: torch.Tensor, nearest: float) -> torch.Tensor:
    return (nearest - pair_lengths(xyz_A3, pairs)).clamp(min=0).sum() / max(len(pairs), 1)


class Genzprot(nn.Module):
    def __init__(self, case: Case):
        super().__init__()
        self.weights = WEIGHTS | {name: case.setting(name) for name in WEIGHTS if name in case.config}
        self.encoder, self.prior_net, self.equivaraintconv = Encoder(), Prior(), Decoder()
        self.atom_munet, self.atom_sigmanet = head(LATENT, nn.ReLU()), head(LATENT, nn.ReLU())

    def place(self, ic_RT3: torch.Tensor, batch: ProteinBatch) -> torch.Tensor:
        return place_atoms(ic_RT3, batch.trace_N3, batch.trace_of_R, batch.parents, batch.atom_of_slot)

    def sample(self, batch: ProteinBatch) -> torch.Tensor:
        mu, sigma = self.prior_net(batch)
        return self.place(self.equivaraintconv(mu + sigma * batch.eps_RD, batch), batch)

    def loss(self, batch: ProteinBatch) -> torch.Tensor:
        h = self.encoder(batch)
        mu, sigma = self.atom_munet(h), 1e-12 + torch.exp(self.atom_sigmanet(h) / 2)
        prior_mu, prior_sigma = self.prior_net(batch)
        ic = self.equivaraintconv(mu + sigma * batch.eps_RD, batch)
        kl = 0.5 * (sigma**2 / prior_sigma**2 + (mu - prior_mu)**2 / prior_sigma  # not squared, as published
                    + torch.log(prior_sigma**2) - torch.log(sigma**2) - 1).sum(1).mean()
        w = self.weights
        total = self.internal_loss(ic, batch) + w["beta"] * (kl - 0.01).clamp(min=0)
        if batch.same_protein:  # the published loop leaves the rest out of mixed batches
            total = total + self.geometry_loss(self.place(ic, batch), batch)
        return total

    def internal_loss(self, ic_RT3: torch.Tensor, batch: ProteinBatch) -> torch.Tensor:
        off, mask = ic_RT3 - batch.target_RT3, batch.mask_RT
        bond = (mask * off[:, :, 0]**2).sum()
        # 2 (1 - cos) of the published code, which loses its digits in float32
        turn = (4 * torch.sin(off[:, :, 1:] / 2)**2 + EPS).sqrt() * mask[:, :, None]
        angle, torsion = turn.sum((0, 1))
        return (5 * bond + angle + self.weights["delta"] * torsion) / mask.sum()

    def geometry_loss(self, xyz_A3: torch.Tensor, batch: ProteinBatch) -> torch.Tensor:
        xyz, true = xyz_A3 * batch.keep_A, batch.xyz_A3 * batch.keep_A
        moved = ((xyz - true)**2).sum(1).mean()
        graph = (pair_lengths(xyz, batch.bonds) - pair_lengths(true, batch.bonds)).square().mean()
        clash = too_close(xyz, batch.clash, 2.0) + too_close(xyz, batch.backbone, 2.2)
        return self.weights["eta"] * moved + 3 * graph + self.weights["zeta"] * clash
