#!/usr/bin/env python3
"""Fits how far alpha carbons lie from other beads of their residues: models/pretrained/ca_shift.safetensors.

    scripts/fit_ca_shift.py models/pretrained/chains.tsv --folder DIR... -o models/pretrained/ca_shift.safetensors

Two traces: CB, with CA in glycines, and centres of mass of a residue's heavy atoms. The offset of CA in the frame of a bead
and its two neighbours is linear, type by type, in the places of the two beads on either side (models/allatom/ca_shift.hpp
has the features); ridge regression over the list's training chains, errors on its validation chains. Needs numpy.
"""
import argparse
import gzip
import json
import pathlib
import struct
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from evaluate_chains import chains as names_of, find  # noqa: E402

MASS = {"C": 12.011, "N": 14.007, "O": 15.999, "S": 32.06}
TYPES = "ALA ARG ASN ASP CYS GLN GLU GLY HIS ILE LEU LYS MET PHE PRO SER THR TRP TYR VAL".split()
OFFSETS = (-2, -1, 1, 2)
UNIT, FAR, RIDGE = 4.0, 12.0, 10.0  # Angstrom, Angstrom, -


def residues(path):
    """[(type, {atom: (mass, xyz)})] of residues with a CA"""
    found, last = [], None
    with gzip.open(path, "rt") if path.suffix == ".gz" else open(path) as lines:
        for line in lines:
            if not line.startswith("ATOM") or line[16] not in " A" or line[17:20] not in TYPES:
                continue
            element = line[76:78].strip() or line[13]
            if element not in MASS:
                continue
            if line[21:27] != last:
                found.append((TYPES.index(line[17:20]), {}))
                last = line[21:27]
            found[-1][1][line[12:16].strip()] = MASS[element], np.array([float(line[k:k + 8]) for k in (30, 38, 46)])
    return [r for r in found if "CA" in r[1]]


def beads(chain, kind):
    if kind == "cb":
        return np.array([atoms.get("CB", atoms["CA"])[1] for _, atoms in chain])
    return np.array([sum(m * x for m, x in atoms.values()) / sum(m for m, _ in atoms.values()) for _, atoms in chain])


def frames(b):
    """(n, 3, 3): x from the bead before to the one behind, y towards the outside of the bend; axes as rows"""
    p = np.vstack([2 * b[0] - b[1], b, 2 * b[-1] - b[-2]])
    x = p[2:] - p[:-2]
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    y = 2 * p[1:-1] - p[:-2] - p[2:]
    y -= (y * x).sum(1, keepdims=True) * x
    length = np.linalg.norm(y, axis=1, keepdims=True)
    # a chain's ends are straight: any axis will do, and the fit learns that none is known
    other = np.cross(x, np.where(np.abs(x[:, :1]) < 0.6, [[1.0, 0, 0]], [[0, 1.0, 0]]))
    y = np.where(length > 1e-4, y / np.maximum(length, 1e-4), other / np.linalg.norm(other, axis=1, keepdims=True))
    return np.stack([x, y, np.cross(x, y)], 1)


def design(types, b, axes):
    n = len(b)
    x = [np.ones((n, 1))]
    for offset in OFFSETS:
        place = np.arange(n) + offset
        v = np.einsum("nij,nj->ni", axes, b[np.clip(place, 0, n - 1)] - b)
        d = np.linalg.norm(v, axis=1, keepdims=True)
        there = ((place >= 0) & (place < n))[:, None] & (d < FAR)
        x.append(np.where(there, np.hstack([v / UNIT, np.ones((n, 1)), d / UNIT, (d / UNIT) ** 2]), 0))
    x = np.hstack(x)
    one = np.eye(len(TYPES))
    before, behind = np.zeros((n, len(TYPES))), np.zeros((n, len(TYPES)))
    before[1:], behind[:-1] = one[types[:-1]], one[types[1:]]
    return np.hstack([(one[types][:, :, None] * x[:, None, :]).reshape(n, -1), before, behind])


def write_safetensors(path, tensors, metadata):
    header, data = {"__metadata__": metadata}, b""
    for name, array in tensors.items():
        raw = np.ascontiguousarray(array, dtype="<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("list", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path, nargs="+", required=True)
    parser.add_argument("-o", dest="output", type=pathlib.Path, required=True)
    args = parser.parse_args()
    chains = {"train": [], "validation": []}
    for part, found in chains.items():
        for name in names_of(args.list, part):
            chain = residues(find(name, args.folder))
            if len(chain) >= 5:
                found.append(chain)
    tensors = {}
    for kind in ("cb", "com"):
        left = right = 0
        for chain in chains["train"]:
            types, ca, b = np.array([t for t, _ in chain]), np.array([a["CA"][1] for _, a in chain]), beads(chain, kind)
            axes = frames(b)
            p = design(types, b, axes)
            left, right = left + p.T @ p, right + p.T @ np.einsum("nij,nj->ni", axes, ca - b)
        weight = np.linalg.solve(left + RIDGE * np.eye(len(left)), right)
        raw, error = [], []
        for chain in chains["validation"]:
            types, ca, b = np.array([t for t, _ in chain]), np.array([a["CA"][1] for _, a in chain]), beads(chain, kind)
            axes = frames(b)
            found = b + np.einsum("nij,ni->nj", axes, design(types, b, axes) @ weight)
            raw.append(np.sqrt(((b - ca) ** 2).sum(1).mean()))
            error.append(np.sqrt(((found - ca) ** 2).sum(1).mean()))
        print(f"{kind}: {np.mean(raw):.3f} A from CA, {np.mean(error):.3f} A after the shift; {len(raw)} validation chains, no superposition")
        tensors[f"{kind}.weight"] = weight
    write_safetensors(args.output, tensors, {"format": "regrain-ca-shift-1", "list": args.list.name, "chains": str(len(chains["train"]))})


if __name__ == "__main__":
    main()
