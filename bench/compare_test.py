#!/usr/bin/env python3
"""compare.py on small made-up results: python3 bench/compare_test.py"""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

COMPARE = Path(__file__).with_name("compare.py")


def results(unit: str = "ns", counters: dict | None = None, **times: list) -> str:
    """What Google Benchmark writes for these repetitions of these benchmarks"""
    entries = []
    for name, values in times.items():
        for i, value in enumerate(values):
            # real_time is wrong on purpose: it must not be read
            entries.append({"name": name, "run_name": name, "run_type": "iteration", "repetition_index": i,
                            "repetitions": len(values), "iterations": 7, "real_time": 1e9, "cpu_time": value,
                            "time_unit": unit} | (counters or {}))
        entries.append({"name": f"{name}_mean", "run_name": name, "run_type": "aggregate", "aggregate_name": "mean",
                        "real_time": 1e9, "cpu_time": 1e9, "time_unit": unit})
    return json.dumps({"context": {"num_cpus": 2}, "benchmarks": entries})


class Compare(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def compare(self, *arguments: str, status: int = 0) -> subprocess.CompletedProcess:
        done = subprocess.run([sys.executable, str(COMPARE), *arguments], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        return done

    def row(self, text: str, name: str) -> str:
        found = [line for line in text.splitlines() if line.split()[:1] == [name]]
        self.assertEqual(len(found), 1, text)
        return found[0]

    def two(self, old: str, new: str) -> str:
        return self.compare(self.file("old.json", old), self.file("new.json", new)).stdout

    def test_equal_files_differ_in_nothing(self):
        same = results(gemm=[100, 101, 102, 103, 104])
        row = self.row(self.two(same, same), "gemm")
        self.assertIn("102 ns", row)
        self.assertIn("1.000", row)
        self.assertIn("2.0 %", row)  # half of (103 - 101) / 102, twice
        self.assertIn("within noise", row)

    def test_a_speedup_beyond_noise_is_told(self):
        old, new = results(gemm=[100, 101, 102], sum=[50, 50, 50]), results(gemm=[50, 50.5, 51], sum=[60, 60, 60])
        text = self.two(old, new)
        self.assertRegex(self.row(text, "gemm"), r"101 ns +50\.5 ns +0\.500 .*faster")
        self.assertRegex(self.row(text, "sum"), r"1\.200 +0\.0 % +slower")

    def test_a_difference_within_noise_is_none(self):
        text = self.two(results(gemm=[90, 95, 100, 105, 110]), results(gemm=[94, 99, 104, 109, 114]))
        self.assertRegex(self.row(text, "gemm"), r"1\.040 .*within noise")

    def test_one_outlier_is_not_noise(self):
        text = self.two(results(gemm=[100] * 9 + [900]), results(gemm=[90] * 9 + [10]))
        self.assertRegex(self.row(text, "gemm"), r"0\.900 +0\.0 % +faster")

    def test_two_repetitions_say_nothing(self):
        text = self.two(results(gemm=[100, 100]), results(gemm=[50, 50]))
        self.assertRegex(self.row(text, "gemm"), r"0\.500 +- +too few repetitions")

    def test_a_benchmark_in_one_file_alone_is_named(self):
        text = self.two(results(gemm=[1, 1, 1], gone=[2, 2, 2]), results(gemm=[1, 1, 1], added=[3, 3, 3]))
        self.assertRegex(self.row(text, "gone"), r"2 ns +- .*only in old\.json")
        self.assertRegex(self.row(text, "added"), r"- +3 ns .*only in new\.json")
        self.assertIn("within noise", self.row(text, "gemm"))

    def test_units_are_converted(self):
        text = self.two(results(unit="us", gemm=[1500] * 3), results(unit="ms", gemm=[3] * 3))
        self.assertRegex(self.row(text, "gemm"), r"1\.5 ms +3 ms +2\.000")

    def test_counters_are_carried(self):
        old = results(counters={"flops": 2e9, "pct_peak": 25.0}, gemm=[4] * 3)
        new = results(counters={"flops": 2e9, "pct_peak": 50.0}, gemm=[2] * 3)
        text = self.two(old, new)
        self.assertEqual(text.splitlines()[0].split()[-2:], ["flops", "pct_peak"])
        self.assertRegex(self.row(text, "gemm"), r"faster +2e\+09 +25 -> 50$")

    def test_failed_benchmarks_are_left_out(self):
        broken = json.loads(results(gemm=[1, 1, 1]))
        broken["benchmarks"].append({"name": "bad", "run_type": "iteration", "error_occurred": True})
        self.assertNotIn("bad", self.two(json.dumps(broken), results(gemm=[1, 1, 1])))

    def test_three_files_are_compared_with_the_first(self):
        files = [self.file(f"{n}.json", results(gemm=[n] * 3)) for n in (4, 2, 8)]
        text = self.compare(*files).stdout
        self.assertRegex(text, r"(?s)0\.500.*faster.*\n\n.*2\.000.*slower")

    def test_broken_input_is_one_message(self):
        good = self.file("good.json", results(gemm=[1, 1, 1]))
        for name, text in {"cut": results(gemm=[1, 1])[:40], "list": "[]", "empty": "", "other": '{"benchmarks": 3}',
                           "no_time": '{"benchmarks": [{"name": "x"}]}', "zero": results(gemm=[0]),
                           "no_unit": results(unit="h", gemm=[1]), "nothing": results()}.items():
            with self.subTest(name):
                path = self.file(f"{name}.json", text)
                done = self.compare(good, path, status=3)
                self.assertEqual(done.stdout, "")
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
                self.assertIn(path, done.stderr)
        self.assertIn("absent.json", self.compare(good, str(self.folder / "absent.json"), status=3).stderr)

    def test_wrong_usage(self):
        self.compare(status=2)
        self.compare(self.file("one.json", results(gemm=[1])), status=2)
        self.compare("a.json", "b.json", "--run", "a", "b", status=2)
        self.compare("--run", "a", "b", "--rounds", "0", status=2)

    def command(self, name: str, body: str) -> str:
        """A command that notes its name and arguments, then does what stands in body"""
        log = self.folder / "log"
        script = self.file(f"{name}.py", f"import sys\nwith open({str(log)!r}, 'a') as log:\n"
                                         f"    log.write({name!r} + ' ' + ' '.join(sys.argv[1:]) + '\\n')\n{body}\n")
        return f"'{sys.executable}' '{script}' --own"

    def test_commands_take_turns(self):
        slow = self.command("slow", f"print({results(gemm=[200])!r})")
        quick = self.command("quick", f"print({results(gemm=[100])!r})")
        done = self.compare("--run", slow, quick, "--rounds", "3", "--filter", "ge.m")
        self.assertRegex(self.row(done.stdout, "gemm"), r"200 ns +100 ns +0\.500 +0\.0 % +faster")
        flags = "--own --benchmark_format=json --benchmark_repetitions=1 --benchmark_filter=ge.m"
        self.assertEqual((self.folder / "log").read_text().splitlines(), [f"slow {flags}", f"quick {flags}"] * 3)

    def test_a_failing_command_is_one_message(self):
        good = self.command("good", f"print({results(gemm=[1])!r})")
        for bad in (self.command("bad", "sys.exit('no such device')"), self.command("talk", "print('hello')"),
                    self.command("none", f"print({results()!r})"), "/no/such/program", "'"):
            with self.subTest(bad):
                done = self.compare("--run", good, bad, "--rounds", "1", status=3)
                self.assertEqual(done.stdout, "")
                messages = [line for line in done.stderr.splitlines() if not line.startswith("round ")]
                self.assertEqual(len(messages), 1, done.stderr)
                self.assertTrue(messages[0].startswith(bad), messages[0])


if __name__ == "__main__":
    unittest.main()
