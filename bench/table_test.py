#!/usr/bin/env python3
"""table.py on small made-up results: python3 bench/table_test.py"""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TABLE = Path(__file__).with_name("table.py")


def ours(name: str, cpu: float, real: float, **counters: float) -> dict:
    return {"name": name + "/process_time/real_time", "run_name": name + "/process_time/real_time", "run_type": "iteration",
            "cpu_time": cpu, "real_time": real, "time_unit": "ms"} | counters


def torch(malloc: str, cpu: float) -> dict:
    return {"job": "stage1 step", "case": "stage1_paper.safetensors", "mode": "eager", "malloc": malloc,
            "cpu_s_median": cpu, "peak_rss_mb": 5000}


class Table(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "jobs").mkdir()
        (self.folder / "torch").mkdir()

    def write(self, name: str, content) -> None:
        (self.folder / name).write_text(json.dumps(content))

    def table(self, *arguments: str, status: int = 0) -> subprocess.CompletedProcess:
        done = subprocess.run([sys.executable, str(TABLE), *arguments], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        return done

    def cells(self, text: str, name: str) -> list:
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
        found = [row for row in rows if row[0] == name]
        self.assertEqual(len(found), 1, text)
        return found[0]

    def test_runs_are_joined_and_compared(self):
        for run, cpu in enumerate((400, 500, 900)):
            # twice as long on the wall as in the processor: the share of the peak is that of the processor
            self.write(f"jobs/{run}.json", {"benchmarks": [
                ours("stage1_step/paper/threads:1", cpu, 2 * cpu, pct_peak=20.0, MiB_above_start=700),
                ours("stage1_step/paper/threads:2", cpu, 500 + run)]})
        self.write("torch/a.json", [torch("default", 10.0)])
        self.write("torch/b.json", [torch("tuned", 4.0)])
        row = self.cells(self.table(str(self.folder)).stdout, "stage1_step/paper")
        self.assertEqual(row[1:], ["0.5", "1.60", "10 / 4", "20 / 8", "700", "5000", "40", "0.2", "0.35"])

    def test_what_is_missing_is_a_dash(self):
        self.write("jobs/a.json", {"benchmarks": [ours("stage1_step/lean/threads:1", 30, 30)]})
        row = self.cells(self.table(str(self.folder)).stdout, "stage1_step/lean")
        self.assertEqual(row[1:], ["0.03", "-", "-", "-", "-", "-", "-", "-", "0.02"])

    def test_growth_and_programs_have_tables_of_their_own(self):
        self.write("jobs/a.json", {"benchmarks": [ours("stage2_sample/growth/1000", 100, 100, s_per_residue=1e-4, s_per_edge=5e-7, edges_per_residue=200, MiB_above_start=27)]})
        self.write("programs.json", [{"label": "regrain info", "wall_s_min": 0.01, "cpu_s_median": 0.5, "peak_mib": 8, "residues": 100}])
        text = self.table(str(self.folder)).stdout
        self.assertEqual(self.cells(text, "1000")[1:], ["200", "0.1", "100", "500", "27", "27.6"])
        self.assertEqual(self.cells(text, "regrain info")[1:], ["0.01", "0.5", "8.0", "200"])

    def test_kernels_have_a_table(self):
        self.write("jobs/a.json", {"benchmarks": [ours("stage1_step/lean/threads:1", 30, 30)]})
        kernel = {"run_name": "swish/9/threads:1/real_time", "repetitions": 3, "cpu_time": 2.0, "real_time": 3.0, "time_unit": "ms", "pct_peak": 12.3}
        self.write("kernels.json", {"benchmarks": [kernel | {"aggregate_name": "median"}, kernel | {"aggregate_name": "mean", "cpu_time": 7.0}, kernel,
                                                   kernel | {"run_name": "swish/9/threads:2/real_time", "aggregate_name": "median", "real_time": 2.0},
                                                   ours("relu/threads:1", 0.5, 0.5, pct_stream=80.0)]})
        text = self.table(str(self.folder)).stdout
        self.assertEqual(self.cells(text, "swish/9")[1:], ["2e+03", "12", "-", "1.50"])
        self.assertEqual(self.cells(text, "relu")[1:], ["500", "-", "80", "-"])
        self.write("kernels.json", {"benchmarks": [{"run_name": "swish"}]})
        self.assertIn("kernels.json", self.table(str(self.folder), status=3).stderr)

    def test_every_job_is_listed(self):
        lines = self.table("--jobs").stdout.splitlines()
        self.assertIn("^stage1_step/paper/threads stage1_paper step", lines)
        self.assertTrue(all(len(line.split()) == 3 for line in lines))

    def test_broken_input_is_one_message(self):
        self.assertIn("no results", self.table(str(self.folder), status=3).stderr)
        for content in ({"benchmarks": [{}]}, [], {"benchmarks": 3}):
            self.write("jobs/a.json", content)
            done = self.table(str(self.folder), status=3)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertIn("a.json", done.stderr)

    def test_wrong_usage(self):
        self.table(status=2)


if __name__ == "__main__":
    unittest.main()
