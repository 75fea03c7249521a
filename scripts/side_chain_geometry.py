#!/usr/bin/env python3
"""Prints the rows of models/allatom/side_chain_templates.cpp: how side chains are built.

  scripts/side_chain_geometry.py FOLDER...

The folders hold chains as PDB files, gzipped or not. For every side-chain atom of the 20 standard residues it prints
the median bond length and bond angle, and the circular median of the torsion, or of its difference from the chi angle
that turns the atom. The two branches of PHE, TYR, ASP and GLU that a half turn exchanges share their medians.
"""
import argparse
import gzip
import math
import pathlib
import statistics

# atom: bonded, angle, torsion atom, and chi (1..4) if the torsion follows one; CB is an improper one
CB = "CB CA N C"
SIDE_CHAINS = {
    "ALA": [CB],
    "ARG": [CB, "CG CB CA N 1", "CD CG CB CA 2", "NE CD CG CB 3", "CZ NE CD CG 4", "NH1 CZ NE CD", "NH2 CZ NE CD"],
    "ASN": [CB, "CG CB CA N 1", "OD1 CG CB CA 2", "ND2 CG CB CA 2"],
    "ASP": [CB, "CG CB CA N 1", "OD1 CG CB CA 2", "OD2 CG CB CA 2"],
    "CYS": [CB, "SG CB CA N 1"],
    "GLN": [CB, "CG CB CA N 1", "CD CG CB CA 2", "OE1 CD CG CB 3", "NE2 CD CG CB 3"],
    "GLU": [CB, "CG CB CA N 1", "CD CG CB CA 2", "OE1 CD CG CB 3", "OE2 CD CG CB 3"],
    "GLY": [],
    "HIS": [CB, "CG CB CA N 1", "ND1 CG CB CA 2", "CD2 CG CB CA 2", "CE1 ND1 CG CB", "NE2 CD2 CG CB"],
    "ILE": [CB, "CG1 CB CA N 1", "CG2 CB CA N 1", "CD1 CG1 CB CA 2"],
    "LEU": [CB, "CG CB CA N 1", "CD1 CG CB CA 2", "CD2 CG CB CA 2"],
    "LYS": [CB, "CG CB CA N 1", "CD CG CB CA 2", "CE CD CG CB 3", "NZ CE CD CG 4"],
    "MET": [CB, "CG CB CA N 1", "SD CG CB CA 2", "CE SD CG CB 3"],
    "PHE": [CB, "CG CB CA N 1", "CD1 CG CB CA 2", "CD2 CG CB CA 2", "CE1 CD1 CG CB", "CE2 CD2 CG CB", "CZ CE1 CD1 CG"],
    "PRO": [CB, "CG CB CA N 1", "CD CG CB CA 2"],
    "SER": [CB, "OG CB CA N 1"],
    "THR": [CB, "OG1 CB CA N 1", "CG2 CB CA N 1"],
    "TRP": [CB, "CG CB CA N 1", "CD1 CG CB CA 2", "CD2 CG CB CA 2", "NE1 CD1 CG CB", "CE2 CD2 CG CB", "CE3 CD2 CG CB",
            "CZ2 CE2 CD2 CG", "CZ3 CE3 CD2 CG", "CH2 CZ2 CE2 CD2"],
    "TYR": [CB, "CG CB CA N 1", "CD1 CG CB CA 2", "CD2 CG CB CA 2", "CE1 CD1 CG CB", "CE2 CD2 CG CB", "CZ CE1 CD1 CG",
            "OH CZ CE1 CD1"],
    "VAL": [CB, "CG1 CB CA N 1", "CG2 CB CA N 1"],
}
SYMMETRIC = {"PHE": {"CD2": "CD1", "CE2": "CE1"}, "TYR": {"CD2": "CD1", "CE2": "CE1"}, "ASP": {"OD2": "OD1"},
             "GLU": {"OE2": "OE1"}}
OTHER_NAMES = {("ILE", "CD"): "CD1"}


def sub(a, b):
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


def dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a, b):
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def angle(a, b, c):
    u, v = sub(a, b), sub(c, b)
    n = cross(u, v)
    return math.degrees(math.atan2(math.sqrt(dot(n, n)), dot(u, v)))


def torsion(a, b, c, d):
    u, v, w = sub(b, a), sub(c, b), sub(d, c)
    n, m = cross(u, v), cross(v, w)
    return math.degrees(math.atan2(dot(u, m) * math.sqrt(dot(v, v)), dot(n, m)))


def circular_median(degrees):
    s = sum(math.sin(math.radians(x)) for x in degrees)
    c = sum(math.cos(math.radians(x)) for x in degrees)
    mean = math.degrees(math.atan2(s, c))
    middle = mean + statistics.median((x - mean + 180) % 360 - 180 for x in degrees)
    return (middle + 180) % 360 - 180


def residues(path):
    """(name, {atom: xyz}) of every residue of a file."""
    with (gzip.open(path, "rt") if path.suffix == ".gz" else open(path)) as lines:
        last, name, atoms = None, None, {}
        for line in lines:
            if not line.startswith("ATOM"):
                continue
            key = line[17:27]
            if key != last:
                if atoms:
                    yield name, atoms
                last, name, atoms = key, line[17:20], {}
            atom = line[12:16].strip()
            atoms[OTHER_NAMES.get((name, atom), atom)] = (float(line[30:38]), float(line[38:46]), float(line[46:54]))
        if atoms:
            yield name, atoms


def measure(paths):
    """{residue: {atom: ([length], [angle], [torsion or its difference from chi])}}"""
    found = {}
    for path in paths:
        for name, atoms in residues(path):
            chi = {}
            for row in SIDE_CHAINS.get(name, []):
                atom, one, two, three, *turned_by = row.split()
                if not {atom, one, two, three} <= atoms.keys():
                    continue
                turn = torsion(atoms[three], atoms[two], atoms[one], atoms[atom])
                twin = SYMMETRIC.get(name, {}).get(atom, atom)
                if turned_by:
                    first = chi.setdefault(turned_by[0], turn)
                    turn = turn - first if twin == atom else None  # a twin stands opposite
                values = found.setdefault(name, {}).setdefault(twin, ([], [], []))
                values[0].append(math.sqrt(dot(sub(atoms[atom], atoms[one]), sub(atoms[atom], atoms[one]))))
                values[1].append(angle(atoms[atom], atoms[one], atoms[two]))
                if turn is not None:
                    values[2].append(turn)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="+", type=pathlib.Path)
    folders = parser.parse_args().folder
    paths = sorted(p for folder in folders for p in folder.iterdir() if p.name.endswith((".pdb", ".pdb.gz")))
    found = measure(paths)
    for name, rows in SIDE_CHAINS.items():
        print(f"    // {name}, {len(found.get(name, {}).get('CB', ([],))[0])} residues")
        for row in rows:
            atom, one, two, three, *turned_by = row.split()
            twin = SYMMETRIC.get(name, {}).get(atom, atom)
            length, bend, turn = found[name][twin]
            turn = circular_median(turn)
            if twin != atom and turned_by:
                turn = 180.0
            turn = 180.0 if round(turn, 1) == -180 else round(turn, 1) + 0.0  # neither -180 nor -0
            chi = turned_by[0] if turned_by else "0"
            print(f'    {{"{atom}", "{one}", "{two}", "{three}", {statistics.median(length):.3f}, '
                  f"{statistics.median(bend):.1f}, {chi}, {turn:.1f}}},")


if __name__ == "__main__":
    main()
