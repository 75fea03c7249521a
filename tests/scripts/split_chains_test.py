"""The split of training chains keeps relatives together, loses nothing and says what is wrong with a file."""
import contextlib
import gzip
import io
import os
import pathlib
import random
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import split_chains as split

NAMES = {letter: name for name, letter in split.LETTERS.items() if name in split.ATOMS}


def pdb_text(sequence, without=(), gap_at=None):
    """A chain with all atoms; alpha carbons 3.8 apart, but for a gap."""
    lines, x = [], 0.0
    for number, letter in enumerate(sequence, 1):
        x += 9.0 if number == gap_at else 3.8
        for atom in sorted(split.ATOMS[NAMES[letter]]):
            if (number, atom) not in without:
                lines.append(f"ATOM  {len(lines) + 1:5} {atom:^4} {NAMES[letter]} A{number:4}    {x:8.3f}{0:8.3f}{0:8.3f}  1.00  0.00")
    return "\n".join(lines) + "\nEND\n"


class Sequences:
    def __init__(self, seed):
        self.draw = random.Random(seed)

    def protein(self, n):
        return "".join(self.draw.choices(split.ORDER, k=n))

    def mutated(self, sequence, identity, gaps=0):
        """Substitutions as evolution likes them: half of those that change anything are to a letter of positive score."""
        out = []
        for letter in sequence:
            if self.draw.random() < identity:
                out.append(letter)
                continue
            alike = [b for b in split.ORDER if b != letter and split.SCORES[letter, b] > 0]
            out.append(self.draw.choice(alike if alike and self.draw.random() < 0.5 else split.ORDER))
        for _ in range(gaps):
            at = self.draw.randrange(len(out) - 3)
            out[at:at + self.draw.randrange(1, 4)] = self.draw.choices(split.ORDER, k=self.draw.randrange(3))
        return "".join(out)


class Relatives(unittest.TestCase):
    def test_the_matrix_is_whole(self):
        self.assertEqual(len(split.SCORES), 400)
        self.assertTrue(all(split.SCORES[b, a] == s for (a, b), s in split.SCORES.items()))
        self.assertEqual([split.SCORES[a, a] for a in "WCHPAY"], [11, 9, 8, 7, 4, 7])

    def test_alignments_score_what_they_should(self):
        score = split.alignment_score
        self.assertEqual(score("WWW", "WWW", 0), 33)
        self.assertEqual(score("AWWWA", "WWW", -1), 33)
        self.assertEqual(score("WWWWW", "WWWAWW", 0), 55 - 12)        # one inserted residue
        self.assertEqual(score("WWWAAWW", "WWWWW", 0), 55 - 13)       # two deleted ones
        self.assertEqual(score("WWW", "PPP", 0), 0)
        self.assertEqual(score("", "WWW", 0), 0)
        self.assertEqual(score("WWW", "PPPPPWWW", 0, band=2), 0)      # beyond the band
        self.assertEqual(score("WWW", "PPPPPWWW", 5, band=0), 33)
        self.assertEqual(split.ungapped_score("AAWWPWW", "WWPWW", -2), 51)
        self.assertEqual(split.ungapped_score("WWPWW", "AAWWPWW", 2), 51)
        self.assertEqual(split.ungapped_score("", "", 0), 0)

    def test_homologues_are_found(self):
        s = Sequences(1)
        found = total = 0
        for identity, length, gaps in ((0.5, 80, 2), (0.4, 120, 3), (0.35, 200, 4), (0.3, 300, 4)):
            for _ in range(4):
                first = s.protein(length)
                others = [s.protein(length) for _ in range(5)]
                pairs = split.relatives([first] + others + [s.mutated(first, identity, gaps)])
                self.assertLessEqual(pairs, {(0, 6)})
                found += len(pairs)
                total += 1
        self.assertGreaterEqual(found, total - 1)

    def test_strangers_are_none(self):
        s = Sequences(2)
        self.assertEqual(split.relatives([s.protein(150) for _ in range(60)]), set())

    def test_short_chains_go_by_their_words(self):
        first = "NLYIQWLKDGGPSSGRPPPS"
        self.assertEqual(split.relatives([first, "AAAA" + first[3:12] + "CCCCCCC"]), {(0, 1)})
        self.assertEqual(split.relatives([first, first[:5] + "A" * 15]), set())  # one word may be chance
        self.assertEqual(split.relatives(["", "AC", "AC", "ACDE"]), set())

    def test_unknown_residues_are_no_likeness(self):
        self.assertEqual(split.relatives(["X" * 100, "X" * 100]) - {(0, 1)}, set())

    def test_clusters_are_rows_of_relatives(self):
        self.assertEqual(split.clusters_of(6, {(4, 5), (0, 3), (3, 4)}), [0, 1, 2, 0, 0, 0])
        self.assertEqual(split.clusters_of(0, set()), [])


class Split(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.sequences = Sequences(3)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        data = text if isinstance(text, bytes) else text.encode()
        with (gzip.open if name.endswith(".gz") and not isinstance(text, bytes) else open)(path, "wb") as file:
            file.write(data)
        return path

    def run_on(self, *folders, **given):
        with contextlib.redirect_stderr(io.StringIO()) as said:
            lines = split.split([os.path.join(self.folder, f) for f in folders], **given)
        return [line for line in lines if line[0] == "#"], [line.split("\t") for line in lines if line[0] != "#"], said.getvalue()

    def test_whole_clusters_and_nothing_lost(self):
        s = self.sequences
        for i in range(12):
            self.write(f"set/{i}XYZ_A.pdb" if i < 10 else f"more/9ab{i}_B.pdb.gz", pdb_text(s.protein(70)))
        family = s.protein(100)
        for c in "ABC":
            self.write(f"set/8FAM_{c}.pdb", pdb_text(s.mutated(family, 0.6)))
        self.write("set/7SRT_A.pdb", pdb_text(s.protein(59)))
        self.write("set/7LNG_A.pdb", pdb_text(s.protein(401)))
        self.write("set/7MIS_A.pdb", pdb_text(s.protein(69) + "W", without={(70, "CH2")}))
        self.write("set/7GAP_A.pdb", pdb_text(s.protein(70), gap_at=30))
        self.write("set/README.md", "no chain")
        head, rows, said = self.run_on("set", "more", n_validation=3, n_test=2)
        self.assertEqual(len(rows), 19)
        self.assertEqual([r[0] for r in rows], sorted(r[0] for r in rows))
        self.assertIn("1 files are no .pdb or .ent: README.md", said)
        parts = {r[0]: r[1] for r in rows}
        self.assertEqual(sorted(parts.values()), ["test"] * 2 + ["train"] * 14 + ["validation"] * 3)
        for never in ("7SRT_A", "7LNG_A", "7MIS_A", "7GAP_A", "8FAM_A", "8FAM_B", "8FAM_C"):
            self.assertEqual(parts[never + ".pdb"], "train", never)  # singletons come first
        clusters = {r[0]: r[3] for r in rows}
        self.assertEqual(len({clusters[f"8FAM_{c}.pdb"] for c in "ABC"}), 1)
        self.assertEqual(len(set(clusters.values())), 17)
        row = next(r for r in rows if r[0] == "9ab10_B.pdb.gz")
        self.assertEqual(row[2:], ["70", row[3], "-", "-"])   # five letters are no identifier
        row = next(r for r in rows if r[0] == "3XYZ_A.pdb")
        self.assertEqual(row[4:], ["3XYZ", "A"])
        self.assertTrue(any("14 train" in line and "3 validation" in line for line in head), head)
        # the same again, another seed another choice
        self.assertEqual(self.run_on("more", "set", n_validation=3, n_test=2)[1], rows)
        self.assertNotEqual(self.run_on("set", "more", n_validation=3, n_test=2, seed=2)[1], rows)

    def test_a_cluster_goes_whole_where_singletons_run_out(self):
        s = self.sequences
        family = s.protein(100)
        for c in "AB":
            self.write(f"set/8FAM_{c}.pdb", pdb_text(s.mutated(family, 0.6)))
        self.write("set/1ONE_A.pdb", pdb_text(s.protein(80)))
        parts = {r[0]: r[1] for r in self.run_on("set", n_validation=1, n_test=2)[1]}
        self.assertEqual(parts, {"1ONE_A.pdb": "test", "8FAM_A.pdb": "train", "8FAM_B.pdb": "train"})  # no room for two
        _, rows, said = self.run_on("set", n_validation=3, n_test=3)
        self.assertIn("chains short", said)
        self.assertEqual(rows[1][1], rows[2][1])
        self.assertNotEqual(rows[0][1], "train")

    def test_relatives_of_what_is_left_out(self):
        s = self.sequences
        held = s.protein(120)
        near = s.mutated(held, 0.5)
        self.write("set/1HOM_A.pdb", pdb_text(near))
        self.write("set/2HOM_A.pdb", pdb_text(s.mutated(near, 0.5)))  # a relative's relative
        self.write("set/3OTH_A.pdb", pdb_text(s.protein(120)))
        out = self.write("held/1abc.pdb.gz", pdb_text(held))
        head, rows, _ = self.run_on("set", leave_out=[out], n_validation=0, n_test=0)
        self.assertEqual([r[1] for r in rows], ["left_out", "left_out", "train"])
        self.assertTrue(any("1abc.pdb.gz" in line for line in head))
        self.assertFalse(any(self.folder in line for line in head))

    def refused(self, *pieces, folders=("set",), **given):
        with self.assertRaises(split.BadInput) as caught:
            self.run_on(*folders, **given)
        for piece in pieces:
            self.assertIn(piece, str(caught.exception))

    def test_hostile_input(self):
        good = pdb_text(self.sequences.protein(70))
        self.refused("nope", "is no folder", folders=("nope",))
        os.makedirs(os.path.join(self.folder, "set"))
        self.refused("no .pdb or .ent")
        self.write("set/a.pdb", good)
        self.write("fine/a.pdb", good)
        cases = {
            "empty.pdb": ("", "no residue with a CA"), "text.pdb": ("hello\n", "no residue with a CA"),
            "cut.pdb": (good[:180], "cut.pdb:3", "the file cut short"),
            "nan.pdb": (good.replace("   3.800", "     nan"), "nan.pdb:2", "expected three coordinates"),
            "words.pdb": (good.replace("   3.800", "   three"), "words.pdb:2"),
            "noca.pdb": (good.replace(" CA ", " CX "), "no residue with a CA"),
            "cut.pdb.gz": (gzip.compress(good.encode())[:100], "can't be read", "fetch it again"),
            "no.pdb.gz": (good.encode(), "can't be read"),
            "bytes.pdb": (bytes(range(256)) * 20, "no residue with a CA")}
        for name, (text, *pieces) in cases.items():
            path = self.write("set/" + name, text)
            self.refused(name, *pieces)
            self.refused(name, *pieces, folders=("fine",), leave_out=[path])
            os.remove(path)
        os.mkdir(os.path.join(self.folder, "set/folder.pdb"))
        self.refused("folder.pdb", "can't be read")
        os.rmdir(os.path.join(self.folder, "set/folder.pdb"))
        # all bad ones are named at once
        self.write("set/x.pdb", "")
        self.write("set/y.pdb", "")
        self.refused("x.pdb", "y.pdb")
        for name in "xy":
            os.remove(os.path.join(self.folder, f"set/{name}.pdb"))
        self.write("more/a.pdb", good)
        self.refused("a.pdb", "names must differ", folders=("set", "more"))
        self.refused("gone.pdb", "can't be read", leave_out=[os.path.join(self.folder, "gone.pdb")])

    def test_odd_files_are_read(self):
        text = pdb_text("ACDEFGHIKL" * 7)
        # selenomethionine of a HETATM record, water, a second model, an unknown residue
        odd = text.replace("ALA A   1 ", "MSE A   1 ").replace("END\n", "HETATM 9999  O   HOH A 900       0.000   0.000   0.000\nENDMDL\n" + text)
        odd = "\n".join("HETATM" + line[6:] if "MSE" in line else line for line in odd.splitlines()).replace("CYS A   2", "UNK A   2")
        chain = split.read_chain(self.write("set/1odd_A.pdb", odd))
        self.assertEqual(chain.sequence, "MX" + ("ACDEFGHIKL" * 7)[2:])
        self.assertFalse(chain.complete)
        self.assertEqual((chain.pdb, chain.chain), ("1ODD", "A"))
        self.assertTrue(split.read_chain(self.write("set/1fin_A.pdb", text)).complete)

    def test_the_program(self):
        self.write("set/1ABC_A.pdb", pdb_text(self.sequences.protein(70)))
        out = os.path.join(self.folder, "list.tsv")
        with contextlib.redirect_stderr(io.StringIO()) as said:
            self.assertEqual(split.main([os.path.join(self.folder, "set"), "-o", out, "--validation", "0", "--test", "0"]), 0)
            text = pathlib.Path(out).read_text()
            self.assertTrue(text.endswith("1ABC_A.pdb\ttrain\t70\t1\t1ABC\tA\n"), text)
            self.assertEqual(split.main([os.path.join(self.folder, "nope"), "-o", out]), 3)
            self.assertEqual(split.main([os.path.join(self.folder, "set"), "-o", os.path.join(self.folder, "no/such/list.tsv")]), 5)
            with self.assertRaises(SystemExit):
                split.main([os.path.join(self.folder, "set"), "--test", "-1"])
        self.assertIn("is no folder", said.getvalue())
        self.assertEqual(pathlib.Path(out).read_text(), text)


if __name__ == "__main__":
    unittest.main()
