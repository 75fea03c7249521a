"""Internal coordinates to atoms: every residue is built slot by slot from its own and its neighbours' alpha carbons.

Slots of a residue: 0 O, 1 N, 2 C, 3 CA, then up to ten side-chain atoms; a slot without an atom is placed from dummy
parents and dropped at the end, as published.
"""

import torch

N_SIDE = 10
N_SLOTS = 4 + N_SIDE


def unit(x: torch.Tensor) -> torch.Tensor:
    return x / x.norm(dim=-1, keepdim=True)


def place(p1, p2, p3, length, angle, torsion):
    """The atom at |length| from p1, with this angle to p2 and this torsion to p3; rows of residues"""
    a = unit(p2 - p1)
    n = unit(torch.linalg.cross(p2 - p1, p2 - p3, dim=-1))
    m = torch.linalg.cross(n, a, dim=-1)
    length, angle, torsion = length.abs()[:, None], angle[:, None], torsion[:, None]
    return p1 + length * (angle.cos() * a - angle.sin() * torsion.cos() * m + angle.sin() * torsion.sin() * n)


def place_atoms(ic_RT3, trace_N3, trace_of_R, parents, atom_of_slot) -> torch.Tensor:
    """ic (R,13,3): rows N, C, O and the side chain as (length, angle, torsion). trace_of_R: place of a residue in the
    trace. parents (10,R,3): slots p3, p2, p1 of each side-chain slot. atom_of_slot (A): flat slot of every atom."""
    before, here, after = trace_N3[trace_of_R - 1], trace_N3[trace_of_R], trace_N3[trace_of_R + 1]
    nitrogen = place(here, before, after, *ic_RT3[:, 0].unbind(1))
    carbon = place(here, after, before, *ic_RT3[:, 1].unbind(1))
    oxygen = place(carbon, here, nitrogen, *ic_RT3[:, 2].unbind(1))
    slots = [oxygen, nitrogen, carbon, here]
    rows = torch.arange(len(here), device=here.device)
    for k in range(N_SIDE):
        built = torch.stack(slots, dim=1)
        p3, p2, p1 = (built[rows, parents[k, :, i]] for i in range(3))
        slots.append(place(p1, p2, p3, *ic_RT3[:, 3 + k].unbind(1)))
    return torch.stack(slots, dim=1).view(-1, 3)[atom_of_slot]
