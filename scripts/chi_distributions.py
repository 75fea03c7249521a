#!/usr/bin/env python3
"""Compares the chi angles of rebuilt chains with those of the truth: distributions over all residues, not residue by residue.

    scripts/evaluate_chains.py LIST --folder DIR... --model M --seeds 50 --keep made -- --sample
    scripts/chi_distributions.py LIST --folder DIR... --made made [--part validation]

Prints for each chi and each residue type the Jensen-Shannon divergence (bits) of histograms of 10 degrees, and beside it
what chance alone would give: the mean over draws of as many true angles, with replacement, against the truth. Also the
share of residues whose samples visit more than one well of 120 degrees. Python's standard library is enough.
"""
import argparse
import collections
import gzip
import math
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from evaluate_chains import chains, find  # noqa: E402

CHI1 = {**dict.fromkeys("ARG ASN ASP GLN GLU HIS LEU LYS MET PHE PRO TRP TYR".split(), "CG"),
        "CYS": "SG", "SER": "OG", "THR": "OG1", "VAL": "CG1", "ILE": "CG1"}
CHI2 = {**dict.fromkeys("ARG GLN GLU LYS PRO".split(), "CD"), **dict.fromkeys("PHE TYR TRP LEU".split(), "CD1"),
        "ASN": "OD1", "ASP": "OD1", "HIS": "ND1", "ILE": "CD1", "MET": "SD"}
HALF_TURN = {("ASP", 2), ("PHE", 2), ("TYR", 2)}  # the angle and the one half a turn away are the same
BINS = 36


def models(path):
    """Of each model: (chain, number) -> (residue name, {atom: xyz})."""
    with (gzip.open(path, "rt") if path.suffix == ".gz" else open(path)) as file:
        residues = {}
        for line in file:
            if line.startswith("ENDMDL") and residues:
                yield residues
                residues = {}
            if line[:6] in ("ATOM  ", "HETATM") and line[16] in " A":
                atoms = residues.setdefault((line[21], line[22:27]), (line[17:20], {}))[1]
                atoms[line[12:16].strip()] = tuple(float(line[k:k + 8]) for k in (30, 38, 46))
        if residues:
            yield residues


def dihedral(a, b, c, d):
    sub = lambda p, q: tuple(x - y for x, y in zip(p, q))
    cross = lambda p, q: (p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0])
    dot = lambda p, q: sum(x * y for x, y in zip(p, q))
    u, v, w = sub(b, a), sub(c, b), sub(d, c)
    m, n = cross(u, v), cross(v, w)
    return math.degrees(math.atan2(dot(cross(m, n), v) / math.sqrt(dot(v, v)), dot(m, n)))


def angles(residues):
    """(key, residue name, which chi, degrees)"""
    for key, (name, atoms) in residues.items():
        for which, places in ((1, ("N", "CA", "CB", CHI1.get(name))), (2, ("CA", "CB", CHI1.get(name), CHI2.get(name)))):
            if all(p in atoms for p in places):
                x = dihedral(*(atoms[p] for p in places))
                yield key, name, which, x % 180 if (name, which) in HALF_TURN else x % 360


def histogram(values):
    out = [0] * BINS
    for x in values:
        out[min(int(x / 360 * BINS), BINS - 1)] += 1
    return out


def divergence(p, q):
    p, q = [x / sum(p) for x in p], [x / sum(q) for x in q]
    part = lambda a, b: sum(x * math.log2(2 * x / (x + y)) for x, y in zip(a, b) if x > 0)
    return (part(p, q) + part(q, p)) / 2


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("list", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path, nargs="+", required=True, help="where the true structures lie")
    parser.add_argument("--made", type=pathlib.Path, required=True, help="what evaluate_chains.py --keep left")
    parser.add_argument("--part", default="validation")
    args = parser.parse_args()
    true, made, wells = collections.defaultdict(list), collections.defaultdict(list), collections.defaultdict(set)
    for name in chains(args.list, args.part):
        stem = name.split(".")[0]
        reference = next(models(find(name, args.folder)))
        known = {}
        for key, residue, which, x in angles(reference):
            known[key, which] = residue
            true[residue, which].append(x)
        files = sorted(args.made.glob(f"{stem}_*.pdb"))
        if not files:
            sys.exit(f"{args.made}: has no structure of {name}; evaluate_chains.py --keep makes them")
        for file in files:
            for residues in models(file):
                for key, residue, which, x in angles(residues):
                    if known.get((key, which)) == residue:  # residues whose true angle is known
                        made[residue, which].append(x)
                        if which == 1:
                            wells[stem, key].add(int(x / 120))
    rng = random.Random(1)
    chance = lambda values: sum(divergence(histogram(values), histogram(rng.choices(values, k=len(values)))) for _ in range(20)) / 20
    print(f"{'':6s} {'chi':>3s} {'angles':>7s} {'made':>8s} {'JSD':>7s} {'chance':>7s}")
    for which in (1, 2):
        every = lambda angles_of: [x for (_, w), values in sorted(angles_of.items()) if w == which for x in values]
        rows = [("all", every(true), every(made))] + [(n, true[n, w], made[n, w]) for n, w in sorted(true) if w == which]
        for name, t, m in rows:
            print(f"{name:6s} {which:3d} {len(t):7d} {len(m):8d} {divergence(histogram(t), histogram(m)):7.4f} {chance(t):7.4f}")
    print(f"{sum(len(w) > 1 for w in wells.values()) / max(len(wells), 1):.3f} of {len(wells)} residues visit more than one well of chi1")


if __name__ == "__main__":
    main()
