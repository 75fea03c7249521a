"""The fetch of training structures, from local copies of what the PDB would give."""
import gzip
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
REGRAIN = os.environ["REGRAIN_PROGRAM"]
TRPCAGE = ROOT / "tests/data/trpcage/trpcage_330K_heavy_top.pdb"


class Fetch(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "originals").mkdir()
        self.text = TRPCAGE.read_text()
        # 1L2Y as mmCIF with selenomethionine in place of a leucine, 9XYZ as PDB under its small name with a second chain
        atoms = [line for line in self.text.splitlines() if line.startswith("ATOM")]
        cif = ["data_1L2Y", "loop_"] + ["_atom_site." + key for key in (
            "group_PDB id type_symbol label_atom_id label_alt_id label_comp_id label_asym_id label_seq_id Cartn_x Cartn_y"
            " Cartn_z occupancy auth_seq_id auth_asym_id pdbx_PDB_model_num").split()]
        for n, line in enumerate(atoms, 1):
            number, residue, atom, group = int(line[22:26]), line[17:20], line[12:16].strip(), "ATOM"
            if number == 2:
                if atom in ("CD1", "CD2"):
                    continue
                residue, group = "MSE", "HETATM"
            cif.append(f"{group} {n} {atom[0]} {atom} . {residue} A {number} {line[30:38]} {line[38:46]} {line[46:54]} 1.00 {number + 100} XX 1")
        with gzip.open(self.folder / "originals/1L2Y.cif.gz", "wt") as file:
            file.write("\n".join(cif) + "\n#\n")
        second = [line[:21] + "B" + line[22:] for line in atoms if int(line[22:26]) <= 7]
        (self.folder / "originals/9xyz.pdb").write_text("\n".join(atoms + ["TER"] + second + ["END", ""]))
        self.list("1L2Y_XX.pdb.gz\ttrain\t20\t1\t1L2Y\tXX", "9XYZ_B.pdb\tvalidation\t7\t2\t9XYZ\tB", "8OUT_A.pdb\tleft_out\t7\t2\t8OUT\tA")

    def list(self, *rows):
        (self.folder / "list.tsv").write_text("# file\tpart\tn_residues\tcluster\tpdb\tchain\n" + "\n".join(rows) + "\n")

    def fetch(self, *more, where="--from", path=None, program=REGRAIN):
        words = [ROOT / "scripts/fetch_training_set.sh", self.folder / "set", "--list", self.folder / "list.tsv", "--regrain", program]
        source = [where, self.folder / "originals"] if where == "--from" else [where, f"file://{self.folder}/originals"]
        env = dict(os.environ, PATH=path) if path else None
        return subprocess.run([*words, *source, *more], capture_output=True, text=True, env=env)

    def refused(self, result, code, *pieces):
        self.assertEqual(result.returncode, code, result.stderr)
        for piece in pieces:
            self.assertIn(piece, result.stderr)

    def test_chains_are_cut_and_cleaned(self):
        result = self.fetch()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("2 structures written, 0 were there, 0 failed; 0 with another", result.stderr)
        self.assertEqual(sorted(os.listdir(self.folder / "set")), ["1L2Y_XX.pdb", "9XYZ_B.pdb"])
        text = (self.folder / "set/1L2Y_XX.pdb").read_text()
        self.assertIn("CA  MET A 102", text)
        self.assertNotIn("MSE", text)
        self.assertEqual(sum(" CA " in line for line in text.splitlines()), 20)
        self.assertEqual(sum(" CA " in line for line in (self.folder / "set/9XYZ_B.pdb").read_text().splitlines()), 7)
        # and what comes out is a data set
        config = '{"model": {"kind": "genzprot", "decoder_layers": 1}, "data": {"list": "list.tsv", "folder": ["set"]}, "train": {"epochs": 1}}'
        (self.folder / "t.json").write_text(config)
        run = subprocess.run([REGRAIN, "train", "t.json", "--threads", "1"], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("1 training, 1 validation and 0 test frames", run.stderr)

    def test_a_stopped_fetch_goes_on(self):
        (self.folder / "set").mkdir()
        (self.folder / "set/9XYZ_B.pdb").write_text("as it was")
        self.assertIn("1 structures written, 1 were there, 0 failed", self.fetch().stderr)
        self.assertEqual((self.folder / "set/9XYZ_B.pdb").read_text(), "as it was")
        self.assertIn("0 structures written, 2 were there", self.fetch().stderr)

    def test_what_fails_is_told_and_the_rest_written(self):
        (self.folder / "originals/7BAD.cif").write_text("data_7BAD\n")
        self.list("7BAD_A.pdb\ttrain\t20\t1\t7BAD\tA", "1NOT_A.pdb\ttrain\t20\t2\t1NOT\tA", "9XYZ_C.pdb\ttrain\t7\t3\t9XYZ\tC",
                  "mine.pdb\ttrain\t20\t4\t-\t-", "short.pdb\ttrain", "../9XYZ_A.pdb\ttrain\t20\t5\t9XYZ\tA", "9XYZ_B.pdb\ttest\t8\t6\t9XYZ\tB\r")
        result = self.fetch()
        self.refused(result, 1, "1 structures written, 0 were there, 6 failed; 1 with another number of residues", "7BAD_A.pdb: ",
                     "1NOT_A.pdb: no file of 1NOT in", "9XYZ_C.pdb: ", "has no protein residue in chain 'C'", "mine.pdb: the list names no entry",
                     "short.pdb: the list names no entry", "../9XYZ_A.pdb: ", "9XYZ_B: 8 residues in the list; ", "7 residues, ")
        self.assertEqual(os.listdir(self.folder / "set"), ["9XYZ_B.pdb"])
        self.assertFalse((self.folder / "9XYZ_A.pdb").exists())

    @unittest.skipUnless(shutil.which("curl"), "there is no curl")
    def test_files_come_by_url(self):
        result = self.fetch(where="--url")
        self.refused(result, 1, "1 structures written", "9XYZ_B.pdb: curl:")  # only mmCIF is asked for
        self.assertEqual(os.listdir(self.folder / "set"), ["1L2Y_XX.pdb"])

    def test_what_is_missing_is_said(self):
        self.refused(self.fetch("--list", self.folder / "nope"), 3, "nope: there is no such list")
        self.refused(self.fetch("--from", self.folder / "nope"), 3, "nope: is no folder")
        self.refused(self.fetch("--form", "x"), 2, "--form: unknown option")
        self.refused(self.fetch("second"), 2, "second: one folder is enough")
        self.refused(self.fetch("--list"), 2, "--list takes a value")
        self.refused(self.fetch(program=self.folder / "nope"), 2, "nope: is no program")
        self.assertFalse((self.folder / "set").exists())
        tools = self.folder / "tools"
        tools.mkdir()
        for tool in ("bash", "env", "dirname"):
            os.symlink(shutil.which(tool), tools / tool)
        self.refused(self.fetch(where="--url", path=str(tools)), 2, "curl is missing")
        self.list()
        self.refused(self.fetch(), 3, "names no structure")


if __name__ == "__main__":
    unittest.main()
