#!/usr/bin/env python3
"""Compares Google Benchmark results, and says which differences are larger than the noise.

    bench/compare.py OLD.json NEW.json [MORE.json ...]
    bench/compare.py --run "build/release/bench/NAME" "other/NAME" [--rounds 10] [--filter REGEX]

Every file or command is compared with the first. The time is cpu_time, its median over the repetitions; the noise of
a result is half the interquartile range over them, relative to the median, and the table shows the sum of both. A
difference within that sum, or between results of fewer than three repetitions, is not one. --run takes turns, A B A B,
so that a machine that warms up or slows down does so for all. Counters flops, bytes and pct_peak are shown where the
results have them.

Exit status: 0 compared, 2 wrong usage, 3 a file or command gave no results.
"""

import argparse
import json
import math
import shlex
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

NANOSECONDS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}
COUNTERS = ("flops", "bytes", "pct_peak")
ENOUGH = 3  # repetitions for an interquartile range that means something


class Unusable(Exception):
    """No results; the text says where, why and what to do."""


@dataclass
class Series:
    """The repetitions of one benchmark"""

    times: list = field(default_factory=list)  # ns
    counters: dict = field(default_factory=dict)  # name -> values

    def median(self) -> float:
        return statistics.median(self.times)

    def noise(self) -> float:
        """Half the interquartile range relative to the median; nan for too few repetitions"""
        if len(self.times) < ENOUGH:
            return math.nan
        q1, _, q3 = statistics.quantiles(self.times, n=4, method="inclusive")
        return (q3 - q1) / 2 / self.median()


def add_results(into: dict, text: str, source: str) -> None:
    """Adds what a JSON text of Google Benchmark holds to {name: Series}."""
    try:
        entries = json.loads(text)["benchmarks"]
        for entry in entries:
            if entry.get("run_type", "iteration") != "iteration" or entry.get("error_occurred"):
                continue
            name, time = entry.get("run_name", entry["name"]), float(entry["cpu_time"])
            if not time > 0:
                raise ValueError(f"cpu_time of {name} is {time:g}")
            series = into.setdefault(name, Series())
            series.times.append(time * NANOSECONDS[entry["time_unit"]])
            for counter in COUNTERS:
                if counter in entry:
                    series.counters.setdefault(counter, []).append(float(entry[counter]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unusable(f"{source}: no results of Google Benchmark ({type(error).__name__}: {error}); "
                       "write them with --benchmark_format=json or --benchmark_out=FILE") from None


def read_file(path: str) -> dict:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"{path}: can't be read ({error}); give a JSON file of Google Benchmark") from None
    results = {}
    add_results(results, text, path)
    if not results:
        raise Unusable(f"{path}: holds no repetition of any benchmark; leave out --benchmark_report_aggregates_only")
    return results


def run_commands(commands: list, rounds: int, pattern: str | None) -> list:
    """{name: Series} of every command, run in turns"""
    flags = ["--benchmark_format=json", "--benchmark_repetitions=1"]
    flags += [f"--benchmark_filter={pattern}"] if pattern else []
    results = [{} for _ in commands]
    for turn in range(rounds):
        print(f"round {turn + 1} of {rounds}", file=sys.stderr)
        for command, into in zip(commands, results):
            try:
                done = subprocess.run(shlex.split(command) + flags, capture_output=True, encoding="utf-8", check=False)
            except (OSError, ValueError, IndexError) as error:
                raise Unusable(f"{command}: can't be run ({error}); give a program and its arguments") from None
            if done.returncode != 0:
                last = (done.stderr.strip().splitlines() or ["nothing on stderr"])[-1]
                raise Unusable(f"{command}: exit status {done.returncode} ({last}); run it alone to see more")
            add_results(into, done.stdout, command)
    for command, into in zip(commands, results):
        if not into:
            raise Unusable(f"{command}: ran no benchmark; check --filter")
    return results


def time_text(ns: float) -> str:
    unit = next((u for u in ("s", "ms", "us") if ns >= NANOSECONDS[u]), "ns")
    return f"{ns / NANOSECONDS[unit]:.4g} {unit}"


def verdict(old: Series, new: Series) -> str:
    noise = old.noise() + new.noise()
    if math.isnan(noise):
        return "too few repetitions"
    change = new.median() / old.median() - 1
    if abs(change) <= noise:
        return "within noise"
    return "faster" if change < 0 else "slower"


def counter_text(old: Series | None, new: Series | None, counter: str) -> str:
    values = [f"{statistics.median(s.counters[counter]):.4g}" for s in (old, new) if s and counter in s.counters]
    return " -> ".join(dict.fromkeys(values)) or "-"


def table(old: dict, new: dict, old_label: str, new_label: str) -> list:
    """Rows of text, the first the heading; benchmarks in the order of the first result, then the others"""
    counters = [c for c in COUNTERS if any(c in s.counters for results in (old, new) for s in results.values())]
    rows = [["benchmark", old_label, new_label, "new/old", "noise", "difference", *counters]]
    for name in [*old, *(n for n in new if n not in old)]:
        a, b = old.get(name), new.get(name)
        if a and b:
            noise = a.noise() + b.noise()
            middle = [time_text(a.median()), time_text(b.median()), f"{b.median() / a.median():.3f}",
                      "-" if math.isnan(noise) else f"{100 * noise:.1f} %", verdict(a, b)]
        else:
            middle = [time_text(a.median()) if a else "-", time_text(b.median()) if b else "-", "-", "-",
                      f"only in {old_label if a else new_label}"]
        rows.append([name, *middle, *(counter_text(a, b, c) for c in counters)])
    return rows


def show(rows: list) -> None:
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        cells = [cell.ljust(w) if i in (0, 5) else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths))]
        print("  ".join(cells).rstrip())


def short_labels(sources: list) -> list:
    """File names where they differ, else paths as given"""
    names = [Path(source).name for source in sources]
    return names if len(set(names)) == len(names) else list(sources)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", metavar="FILE.json")
    parser.add_argument("--run", nargs="+", metavar="COMMAND", help="run these in turns instead of reading files")
    parser.add_argument("--rounds", type=int, default=10, metavar="N", help="of --run; default: 10")
    parser.add_argument("--filter", metavar="REGEX", help="of --run: --benchmark_filter of every command")
    options = parser.parse_args()
    if bool(options.files) == bool(options.run):
        parser.error("give files, or commands with --run")
    if len(options.files or options.run) < 2:
        parser.error("give at least two to compare")
    if options.rounds < 1:
        parser.error("--rounds starts at 1")
    try:
        if options.run:
            results = run_commands(options.run, options.rounds, options.filter)
            labels = [chr(ord("A") + i) for i in range(len(options.run))]
            for label, command in zip(labels, options.run):
                print(f"{label}: {command}")
        else:
            results, labels = [read_file(path) for path in options.files], short_labels(options.files)
    except Unusable as error:
        print(error, file=sys.stderr)
        return 3
    for i in range(1, len(results)):
        if i > 1:
            print()
        show(table(results[0], results[i], labels[0], labels[i]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
