"""A batch of stage 2 out of a case file: frames of one protein joined into one graph."""

from dataclasses import dataclass

import torch

from torch_models.case_file import Case, CaseError
from torch_models.placement import N_SLOTS
from torch_models.segments import directed


@dataclass
class ProteinBatch:
    """Frames joined: A atoms and R residues of all of them; edges (E,2) as (receiver, sender)."""

    number_A: torch.Tensor
    xyz_A3: torch.Tensor
    residue_of_A: torch.Tensor
    atom_edges: torch.Tensor
    type_R: torch.Tensor
    xyz_R3: torch.Tensor
    trace_edges: torch.Tensor
    trace_N3: torch.Tensor  # of all residues, the outer ones too
    trace_of_R: torch.Tensor
    parents: torch.Tensor
    atom_of_slot: torch.Tensor
    target_RT3: torch.Tensor
    mask_RT: torch.Tensor
    keep_A: torch.Tensor  # 0 for atoms that geometry losses set to zero
    bonds: torch.Tensor
    clash: torch.Tensor
    backbone: torch.Tensor
    same_protein: bool
    eps_RD: torch.Tensor


def read_batch(case: Case) -> ProteinBatch:
    atoms, residues = case.reals("input.nxyz"), case.reals("input.CG_nxyz")
    n_residues = case.indices("input.num_CGs")
    n_frames = len(n_residues)
    # one frame's lists serve all frames: a batch is of one protein, as the published loader makes it
    slot, order = case.indices("input.atom_idx"), case.indices("input.permute")
    parents = case.indices("input.atom_orders")
    if len(slot) * n_frames != len(atoms) or parents.shape[1] * n_frames != len(residues):
        raise CaseError(f"{case.path}: input.atom_idx has {len(slot)} atoms and input.atom_orders {parents.shape[1]} "
                        f"residues, which {n_frames} frames don't make {len(atoms)} and {len(residues)}; "
                        "write the lists of one frame, and frames of one protein")
    first_slot = torch.arange(n_frames)[:, None] * (parents.shape[1] * N_SLOTS)
    frame_of_R = torch.repeat_interleave(torch.arange(n_frames), n_residues)
    keep = torch.ones(len(atoms), 1)
    keep[case.indices("input.mask_xyz_list")] = 0
    protein = case.array("input.prot_idx")
    return ProteinBatch(
        number_A=atoms[:, 0], xyz_A3=atoms[:, 1:].contiguous(), residue_of_A=case.indices("input.CG_mapping"),
        atom_edges=directed(case.indices("input.nbr_list")),
        type_R=residues[:, 0], xyz_R3=residues[:, 1:].contiguous(),
        trace_edges=directed(case.indices("input.CG_nbr_list")),
        trace_N3=case.reals("input.OG_CG_nxyz")[:, 1:].contiguous(),
        trace_of_R=torch.arange(len(residues)) + 2 * frame_of_R + 1,
        parents=parents.repeat(1, n_frames, 1), atom_of_slot=(slot[order] + first_slot).flatten(),
        target_RT3=case.reals("input.ic"), mask_RT=case.reals("input.mask").view(len(residues), -1), keep_A=keep,
        bonds=case.indices("input.bond_edge_list"), clash=case.indices("input.clash_pairs"),
        backbone=case.indices("input.bb_NO_list"), same_protein=bool(protein[0] == protein[-1]),
        eps_RD=case.reals("input.eps"))
