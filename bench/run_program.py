#!/usr/bin/env python3
"""Runs a program several times and adds what it took to a JSON file: fastest wall time, CPU time, peak memory.

    bench/run_program.py -o programs.json --label "regrain info" [--runs 20] [--residues N] -- PROGRAM [ARGUMENT ...]

Memory comes from GNU time, where it is installed: what Python starts inherits Python's own peak.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


class Failed(Exception):
    """Ends the program with one line."""


def run(command: list) -> tuple[float, float]:
    """(wall, CPU) seconds"""
    begin = time.perf_counter()
    try:
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except OSError as error:
        raise Failed(f"{command[0]}: {error.strerror}; give a program and its arguments") from None
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise Failed(f"{' '.join(command)}: exit status {child.returncode}; run it alone to see more")
    return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime


def peak_mib(command: list) -> float | None:
    gnu_time = shutil.which("time")
    if gnu_time is None:
        return None
    with tempfile.NamedTemporaryFile("r") as out:
        done = subprocess.run([gnu_time, "-f", "%M", "-o", out.name, *command], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False)
        try:
            return int(out.read().split()[-1]) / 1024 if done.returncode == 0 else None
        except (ValueError, IndexError):
            return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", dest="output", type=Path, required=True, metavar="FILE.json")
    parser.add_argument("--label", required=True)
    parser.add_argument("--runs", type=int, default=20, metavar="N")
    parser.add_argument("--residues", type=int, default=0, metavar="N", help="that one run builds")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    if options.runs < 1:
        parser.error("--runs starts at 1")
    try:
        run(options.command)  # the first one reads the program from the disk
        wall, cpu = zip(*(run(options.command) for _ in range(options.runs)))
        entry = {"label": options.label, "wall_s_min": min(wall), "cpu_s_median": statistics.median(cpu),
                 "peak_mib": peak_mib(options.command), "residues": options.residues, "runs": options.runs}
        entries = json.loads(options.output.read_text()) if options.output.exists() else []
        options.output.write_text(json.dumps([*entries, entry], indent=1) + "\n")
    except (Failed, OSError, ValueError) as error:
        print(f"run_program.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
