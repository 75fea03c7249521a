#!/usr/bin/env python3
"""Splits protein chains into parts for training, validation and test, so that no part knows a relative of another one.

    scripts/split_chains.py FOLDER... --leave-out FILE... -o chains.tsv

Reads PDB files (.pdb, .ent, .gz too) and writes the file that data.list of a training configuration names. Two chains are
relatives if they share more than 4 % of the 5-mers of the shorter one, and two at least, or if a local alignment (BLOSUM62,
gaps 11 + 1 a residue, within a band) has an E-value below 1e-3 against all chains read. Aligned are pairs with three 5-mers
on neighbouring diagonals that agree in an alphabet of eight groups (Murphy et al. 2000), where a piece without gaps scores
enough. Clusters are chains connected by any row of relatives, and go to a part whole.

Validation and test take clusters whose chains have 60 to 400 residues, no missing atoms and no break, the smallest clusters
first, in an order that seed and names alone decide. Relatives of the files to leave out, and their relatives, go to the
part left_out, which is not trained on. All else trains. Every chain read is in the result; a file that cannot be read
stops the script. Python's standard library is enough.
"""
import argparse
import collections
import gzip
import hashlib
import math
import os
import re
import sys
import zlib

ATOMS = {
    "ALA": "CB", "ARG": "CB CG CD NE CZ NH1 NH2", "ASN": "CB CG OD1 ND2", "ASP": "CB CG OD1 OD2", "CYS": "CB SG",
    "GLN": "CB CG CD OE1 NE2", "GLU": "CB CG CD OE1 OE2", "GLY": "", "HIS": "CB CG ND1 CD2 CE1 NE2",
    "ILE": "CB CG1 CG2 CD1", "LEU": "CB CG CD1 CD2", "LYS": "CB CG CD CE NZ", "MET": "CB CG SD CE",
    "PHE": "CB CG CD1 CD2 CE1 CE2 CZ", "PRO": "CB CG CD", "SER": "CB OG", "THR": "CB OG1 CG2",
    "TRP": "CB CG CD1 CD2 NE1 CE2 CE3 CZ2 CZ3 CH2", "TYR": "CB CG CD1 CD2 CE1 CE2 CZ OH", "VAL": "CB CG1 CG2"}
ATOMS = {name: frozenset(("N CA C O " + rest).split()) for name, rest in ATOMS.items()}
LETTERS = dict(zip(ATOMS, "ARNDCQEGHILKMFPSTWYV"), MSE="M", SEP="S", TPO="T", PTR="Y")

# rows and columns ARNDCQEGHILKMFPSTWYV
BLOSUM62 = """
 4 -1 -2 -2  0 -1 -1  0 -2 -1 -1 -1 -1 -2 -1  1  0 -3 -2  0
-1  5  0 -2 -3  1  0 -2  0 -3 -2  2 -1 -3 -2 -1 -1 -3 -2 -3
-2  0  6  1 -3  0  0  0  1 -3 -3  0 -2 -3 -2  1  0 -4 -2 -3
-2 -2  1  6 -3  0  2 -1 -1 -3 -4 -1 -3 -3 -1  0 -1 -4 -3 -3
 0 -3 -3 -3  9 -3 -4 -3 -3 -1 -1 -3 -1 -2 -3 -1 -1 -2 -2 -1
-1  1  0  0 -3  5  2 -2  0 -3 -2  1  0 -3 -1  0 -1 -2 -1 -2
-1  0  0  2 -4  2  5 -2  0 -3 -3  1 -2 -3 -1  0 -1 -3 -2 -2
 0 -2  0 -1 -3 -2 -2  6 -2 -4 -4 -2 -3 -3 -2  0 -2 -2 -3 -3
-2  0  1 -1 -3  0  0 -2  8 -3 -3 -1 -2 -1 -2 -1 -2 -2  2 -3
-1 -3 -3 -3 -1 -3 -3 -4 -3  4  2 -3  1  0 -3 -2 -1 -3 -1  3
-1 -2 -3 -4 -1 -2 -3 -4 -3  2  4 -2  2  0 -3 -2 -1 -2 -1  1
-1  2  0 -1 -3  1  1 -2 -1 -3 -2  5 -1 -3 -1  0 -1 -3 -2 -2
-1 -1 -2 -3 -1  0 -2 -3 -2  1  2 -1  5  0 -2 -1 -1 -1 -1  1
-2 -3 -3 -3 -2 -3 -3 -3 -1  0  0 -3  0  6 -4 -2 -2  1  3 -1
-1 -2 -2 -1 -3 -1 -1 -2 -2 -3 -3 -1 -2 -4  7 -1 -1 -4 -3 -2
 1 -1  1  0 -1  0  0  0 -1 -2 -2  0 -1 -2 -1  4  1 -3 -2 -2
 0 -1  0 -1 -1 -1 -1 -2 -2 -1 -1 -1 -1 -2 -1  1  5 -2 -2  0
-3 -3 -4 -4 -2 -2 -3 -2 -2 -3 -2 -3 -1  1 -4 -3 -2 11  2 -3
-2 -2 -2 -3 -2 -1 -2 -3  2 -1 -1 -2 -1  3 -3 -2 -2  2  7 -1
 0 -3 -3 -3 -1 -2 -2 -3 -3  3  1 -2  1 -1 -2 -2  0 -3 -1  4"""
ORDER = "ARNDCQEGHILKMFPSTWYV"
SCORES = {(a, b): int(s) for a, row in zip(ORDER, BLOSUM62.split("\n")[1:]) for b, s in zip(ORDER, row.split())}
GAP_OPEN, GAP_EXTEND = 12, 1  # of the first residue, of each further one
LAMBDA, K = 0.267, 0.041      # of gapped BLOSUM62 alignments with these gaps (BLAST)
GROUPS = str.maketrans({letter: group for group, letters in zip("abcdefgh", ("LVIMC", "AG", "ST", "P", "FYW", "EDNQ", "KR", "H"))
                        for letter in letters})

WORD = 5
SHARED_WORDS = 0.04
DIAGONALS = 16   # width of the strips hits are counted in
HITS = 3
TRIGGER = 38     # score of a piece without gaps
BAND = 32        # diagonals to either side in an alignment
E_VALUE = 1e-3
SHORTEST, LONGEST = 60, 400
LONGEST_BOND = 4.5  # Angstrom between alpha carbons

Chain = collections.namedtuple("Chain", "file sequence complete pdb chain")


class BadInput(Exception):
    pass


def residues_of(text, place):
    """[(name, {atom: place, which is known of CA alone})] of the first model, in order of the file."""
    residues, last = [], None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("ENDMDL"):
            break
        if not line.startswith(("ATOM  ", "HETATM")):
            continue
        if len(line) < 54:
            raise BadInput(f"{place}:{number}: this atom's line ends after {len(line)} characters; is the file cut short?")
        name = line[17:20].strip()
        if line.startswith("HETATM") and name not in LETTERS:
            continue
        key = line[21:27]
        if key != last:
            residues.append((name, {}))
            last = key
        atom, place_of = line[12:16].strip(), None
        if atom == "CA":
            try:
                place_of = tuple(float(line[i:i + 8]) for i in (30, 38, 46))
            except ValueError:
                place_of = (math.nan,)
            if not all(map(math.isfinite, place_of)):
                raise BadInput(f"{place}:{number}: columns 31-54 hold '{line[30:54]}'; expected three coordinates")
        residues[-1][1].setdefault(atom, place_of)
    residues = [r for r in residues if "CA" in r[1]]
    if not residues:
        raise BadInput(f"{place}: holds no residue with a CA; expected a protein chain in PDB format")
    return residues


def read_text(path):
    try:
        with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
            return file.read().decode("ascii", "replace")
    except (OSError, EOFError, zlib.error) as e:
        raise BadInput(f"{path}: can't be read ({e}); fetch it again") from None


def sequence_of(residues):
    return "".join(LETTERS.get(name, "X") for name, _ in residues)


def read_chain(path):
    residues = residues_of(read_text(path), path)
    missing = any(name not in ATOMS or not ATOMS[name] <= atoms.keys() for name, atoms in residues)
    broken = any(math.dist(a[1]["CA"], b[1]["CA"]) > LONGEST_BOND for a, b in zip(residues, residues[1:]))
    name = os.path.basename(path)
    known = re.match(r"([0-9][A-Za-z0-9]{3})_([A-Za-z0-9]+)\.", name)
    pdb, chain = known.groups() if known else ("-", "-")
    return Chain(name, sequence_of(residues), not missing and not broken, pdb.upper(), chain)


def words(sequence):
    return {sequence[i:i + WORD] for i in range(len(sequence) - WORD + 1)}


def share_words(a, b):
    """Whether two sets of 5-mers have more than 4 % of the smaller one in common, and two at least."""
    shared = len(a & b)
    return shared >= 2 and shared > SHARED_WORDS * min(len(a), len(b))


def pairs_by_words(sequences):
    """Pairs i < j that share enough exact 5-mers."""
    all_words = [words(s) for s in sequences]
    places = collections.defaultdict(list)
    for i, own in enumerate(all_words):
        for w in own:
            places[w].append(i)
    near = {(i, j) for where in places.values() for n, j in enumerate(where) for i in where[:n]}
    return {(i, j) for i, j in near if share_words(all_words[i], all_words[j])}


def ungapped_score(a, b, diagonal):
    """Best piece along one diagonal: place in b less place in a."""
    best = score = 0
    first = max(0, -diagonal)
    for pair in zip(a[first:], b[first + diagonal:]):
        score += SCORES.get(pair, -1)
        if score < 0:
            score = 0
        elif score > best:
            best = score
    return best


def pairs_to_align(sequences):
    """{(i, j): diagonal} with i < j where an alignment may be worth while, around this diagonal."""
    index, found, steps = collections.defaultdict(list), {}, DIAGONALS // 2
    for j, sequence in enumerate(sequences):
        reduced = sequence.translate(GROUPS)
        hits = collections.defaultdict(list)  # diagonals by the other chain
        own = [(reduced[p:p + WORD], p) for p in range(len(reduced) - WORD + 1) if "X" not in reduced[p:p + WORD]]
        for word, p in own:
            for i, q in index[word]:
                hits[i].append(p - q)
        for i, diagonals in hits.items():
            if len(diagonals) < HITS:
                continue
            strips = collections.Counter(d // steps for d in diagonals)
            strip, n = max(((s, strips[s] + strips[s + 1]) for s in strips), key=lambda found: found[1])  # overlapping by half
            if n < HITS:
                continue
            near = collections.Counter(d for d in diagonals if d // steps in (strip, strip + 1)).most_common(2)
            score, diagonal = max((ungapped_score(sequences[i], sequence, d), d) for d, _ in near)
            if score >= TRIGGER:
                found[i, j] = diagonal
        for word, p in own:
            index[word].append((j, p))
    return found


def alignment_score(a, b, diagonal, band=BAND):
    """Best local alignment with affine gaps among places with |place in b - place in a - diagonal| <= band."""
    nothing = -10**6
    width = 2 * band + 1
    best, above, gap_above = 0, [0] * (width + 1), [nothing] * (width + 1)
    for i, letter in enumerate(a):
        row, gap_row = [0] * (width + 1), [nothing] * (width + 1)
        first = i + diagonal - band  # place in b of the band's first cell
        gap = left = nothing
        for c in range(max(0, -first), min(width, len(b) - first)):
            # the cell above lies one to the right in the row before, the one before both at the same place
            up = max(above[c + 1] - GAP_OPEN, gap_above[c + 1] - GAP_EXTEND)
            gap = max(left - GAP_OPEN, gap - GAP_EXTEND)
            left = above[c] + SCORES.get((letter, b[first + c]), -1)
            if left < up:
                left = up
            if left < gap:
                left = gap
            if left < 0:
                left = 0
            elif left > best:
                best = left
            row[c], gap_row[c] = left, up
        above, gap_above = row, gap_row
    return best


def lowest_score(length, n_residues):
    """The score whose E-value is the limit, for a chain of this length against so many residues."""
    return math.log(K * length * n_residues / E_VALUE) / LAMBDA


def relatives(sequences):
    """Pairs i < j of relatives."""
    pairs = pairs_by_words(sequences)
    n_residues = sum(map(len, sequences))
    for (i, j), diagonal in pairs_to_align(sequences).items():
        if (i, j) in pairs:
            continue
        a, b = sequences[i], sequences[j]
        if alignment_score(a, b, diagonal) > lowest_score(min(len(a), len(b)), n_residues):
            pairs.add((i, j))
    return pairs


def clusters_of(n, pairs):
    """The first member of each one's cluster, by single linkage."""
    root = list(range(n))

    def find(i):
        while root[i] != i:
            root[i] = root[root[i]]
            i = root[i]
        return i
    for i, j in pairs:
        i, j = sorted((find(i), find(j)))
        root[j] = i
    return [find(i) for i in range(n)]


def assign(chains, cluster, left_out, seed, n_validation, n_test):
    """The part of each chain. `left_out`: clusters that are not to be used."""
    members = collections.defaultdict(list)
    for i, c in enumerate(cluster):
        members[c].append(i)

    def order(c):
        return (len(members[c]), hashlib.sha256(f"{seed}:{chains[members[c][0]].file}".encode()).hexdigest())

    def fits(c):
        return all(chains[i].complete and SHORTEST <= len(chains[i].sequence) <= LONGEST for i in members[c])
    parts = ["left_out" if c in left_out else "train" for c in cluster]
    room = {"validation": n_validation, "test": n_test}
    for c in sorted((c for c in members if c not in left_out and fits(c)), key=order):
        part = max(room, key=room.get)  # in turns
        if len(members[c]) > room[part]:
            continue
        room[part] -= len(members[c])
        for i in members[c]:
            parts[i] = part
    for part, missing in room.items():
        if missing > 0:
            print(f"split_chains: part {part} is {missing} chains short; no more clusters of complete chains fit", file=sys.stderr)
    return parts


def structure_files(folders):
    found, others = {}, []
    for folder in folders:
        if not os.path.isdir(folder):
            raise BadInput(f"{folder}: is no folder; name folders of PDB files")
        for name in sorted(os.listdir(folder)):
            if not re.search(r"\.(pdb|ent)(\.gz)?$", name):
                others.append(name)
            elif name in found:
                raise BadInput(f"{folder}/{name}: there is a {name} in {os.path.dirname(found[name])} too; names must differ")
            else:
                found[name] = os.path.join(folder, name)
    if others:
        print(f"split_chains: {len(others)} files are no .pdb or .ent: {', '.join(others[:5])}{', ...' if len(others) > 5 else ''}",
              file=sys.stderr)
    if not found:
        raise BadInput(f"{', '.join(folders)}: no .pdb or .ent file there")
    return [found[name] for name in sorted(found)]


def all_of(function, paths):
    """function(path) of all; every bad file is told before the script stops."""
    results, bad = [], []
    for path in paths:
        try:
            results.append(function(path))
        except BadInput as e:
            bad.append(str(e))
    if bad:
        raise BadInput("\n".join(bad[:20] + [f"... and {len(bad) - 20} more"] * (len(bad) > 20)))
    return results


def split(folders, leave_out=(), seed=1, n_validation=60, n_test=60):
    """Lines of the list."""
    chains = all_of(read_chain, structure_files(folders))
    others = all_of(lambda path: sequence_of(residues_of(read_text(path), path)), leave_out)
    n = len(chains)
    cluster = clusters_of(n + len(others), relatives([c.sequence for c in chains] + others))
    left_out = set(cluster[n:])
    parts = assign(chains, cluster[:n], left_out, seed, n_validation, n_test)
    names = {c: number for number, c in enumerate(dict.fromkeys(cluster[:n]), 1)}
    counts, residues = collections.Counter(parts), collections.Counter()
    for chain, part in zip(chains, parts):
        residues[part] += len(chain.sequence)
    head = [f"made by scripts/split_chains.py, seed {seed}, from the folders {', '.join(os.path.basename(os.path.normpath(f)) for f in folders)}",
            "chains: " + ", ".join(f"{counts[p]} {p} ({residues[p]} residues)" for p in ("train", "validation", "test", "left_out")),
            f"clusters: {len(names)}, the largest of {max(collections.Counter(cluster[:n]).values())} chains; relatives: more than"
            f" {100 * SHARED_WORDS:g} % of 5-mers shared, or an alignment of E < {E_VALUE:g}",
            "left out are relatives of " + (", ".join(os.path.basename(f) for f in leave_out) or "nothing"),
            "pdb and chain are the PDB's identifiers, by the file's name; scripts/fetch_training_set.sh gets such files",
            "file\tpart\tn_residues\tcluster\tpdb\tchain"]
    lines = ["# " + line for line in head]
    for chain, part, c in zip(chains, parts, cluster):
        lines.append("\t".join((chain.file, part, str(len(chain.sequence)), str(names[c]), chain.pdb, chain.chain)))
    return lines


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], epilog="scripts/split_chains.py opens with how it decides.")
    parser.add_argument("folders", nargs="+", metavar="FOLDER", help="PDB files, one chain each, .gz too")
    parser.add_argument("--leave-out", nargs="+", default=[], metavar="FILE", help="proteins whose relatives are not to be used")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--validation", type=int, default=60, metavar="N", help="chains, at most (60)")
    parser.add_argument("--test", type=int, default=60, metavar="N", help="chains, at most (60)")
    parser.add_argument("-o", "--output", default="-", help="the list; standard output if not given")
    given = parser.parse_args(arguments)
    if min(given.validation, given.test) < 0:
        parser.error("--validation and --test take numbers from 0 on")
    try:
        text = "\n".join(split(given.folders, given.leave_out, given.seed, given.validation, given.test)) + "\n"
        if given.output == "-":
            sys.stdout.write(text)
        else:
            with open(given.output + ".part", "w", encoding="ascii") as file:
                file.write(text)
            os.replace(given.output + ".part", given.output)
    except BadInput as e:
        print(f"split_chains: {e}", file=sys.stderr)
        return 3
    except OSError as e:
        print(f"split_chains: {given.output}: can't be written ({e.strerror})", file=sys.stderr)
        return 5
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
