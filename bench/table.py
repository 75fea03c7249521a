#!/usr/bin/env python3
"""Makes the table of BENCHMARKS.md out of the files that scripts/bench.sh left in a folder.

    bench/table.py FOLDER      the tables, as Markdown
    bench/table.py --jobs      what to run: filter of bench_jobs, case and job of torch_baseline.py, a line each

FOLDER holds jobs/*.json (bench_jobs), torch/*.json (torch_baseline.py), programs.json (run_program.py) and kernels.json
(bench_kernels); what is missing is shown as -. Times are CPU seconds of the process, medians over all runs. The speed-up with 2 threads is that
of the clock on the wall, from the fastest runs, since others may use the machine.
"""

import argparse
import json
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

NANOSECONDS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}


@dataclass
class Job:
    ours: str  # name in bench_jobs, without its argument
    case: str  # of torch_baseline.py; "" if PyTorch has nothing to compare with
    torch: str  # its --job
    result: str  # its name there
    goal: str = "-"  # CPU s of one thread, where one was set


# goals: what this project set itself, some tens of times below the published codes
JOBS = [
    Job("stage1_step/paper", "stage1_paper", "step", "stage1 step", "0.35"),
    Job("stage1_step/lean", "stage1_lean", "step", "stage1 step", "0.02"),
    Job("stage1_sample/paper", "stage1_paper_1_frame", "sample", "stage1 sample"),
    Job("stage1_sample/50_beads", "stage1_50_beads", "sample", "stage1 sample", "0.06"),
    Job("stage1_sample/50_beads_64_samples", "", "", "", "1.2"),
    Job("stage2_step/85_residues_4_frames", "stage2_85x4", "step", "stage2 step", "0.4"),
    Job("stage2_sample/85_residues_4_frames", "stage2_85x4", "sample", "stage2 sample", "0.01"),
    Job("message/forward", "message_block", "message", "message forward", "0.015"),
    Job("message/forward_backward", "message_block", "message", "message forward and backward", "0.04"),
    Job("stage1_batch/paper", "", "", ""),
    Job("stage2_batch/85_residues_4_frames", "", "", ""),
    Job("stage1_joined_batch/paper", "", "", ""),
    Job("stage2_joined_batch/85_residues_4_frames", "", "", ""),
]
GROWTH = "stage2_sample/growth"


class Unusable(Exception):
    """A file that can't be read; the text says which and what to do."""


def load(path: Path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unusable(f"{path}: can't be read ({error}); run scripts/bench.sh again") from None


def read_jobs(folder: Path) -> dict:
    """{(name, argument): [entry, ...]} of all repetitions, times in seconds"""
    found = {}
    for path in sorted((folder / "jobs").glob("*.json")):
        try:
            for entry in load(path)["benchmarks"]:
                if entry.get("run_type", "iteration") != "iteration" or entry.get("error_occurred"):
                    continue
                parts = entry.get("run_name", entry["name"]).removesuffix("/real_time").removesuffix("/process_time")
                name, argument = parts.rsplit("/", 1)
                scale = NANOSECONDS[entry["time_unit"]] / 1e9
                seconds = {"cpu_s": entry["cpu_time"] * scale, "real_s": entry["real_time"] * scale}
                found.setdefault((name, argument.removeprefix("threads:")), []).append(entry | seconds)
        except (KeyError, TypeError, ValueError) as error:
            raise Unusable(f"{path}: no results of Google Benchmark ({type(error).__name__}: {error}); "
                           "run scripts/bench.sh again") from None
    return found


def read_torch(folder: Path) -> dict:
    """{(case, job, mode, malloc): [entry, ...]}"""
    found = {}
    for path in sorted((folder / "torch").glob("*.json")):
        try:
            for entry in load(path):
                key = entry["case"].removesuffix(".safetensors"), entry["job"], entry["mode"], entry["malloc"]
                found.setdefault(key, []).append(entry)
        except (KeyError, TypeError, AttributeError) as error:
            raise Unusable(f"{path}: no results of torch_baseline.py ({type(error).__name__}: {error}); "
                           "run scripts/bench.sh again") from None
    return found


def median(entries: list, key: str) -> float | None:
    values = [entry[key] for entry in entries if key in entry]
    return statistics.median(values) if values else None


def share_of_peak(entries: list) -> float | None:
    """Of the processor's time: pct_peak is of the wall's, which counts what others ran"""
    shares = [e["pct_peak"] * e["real_s"] / e["cpu_s"] for e in entries if "pct_peak" in e and e["cpu_s"] > 0]
    return statistics.median(shares) if shares else None


def text(value: float | None, form: str = ".3g") -> str:
    return "-" if value is None else f"{value:{form}}"


def pair(first: float | None, second: float | None, form: str = ".3g") -> str:
    return "-" if first is None and second is None else f"{text(first, form)} / {text(second, form)}"


def show(rows: list) -> None:
    print("| " + " | ".join(rows[0]) + " |")
    print("|---" * len(rows[0]) + "|")
    for row in rows[1:]:
        print("| " + " | ".join(row) + " |")
    print()


def job_rows(ours: dict, torch: dict) -> list:
    compiled = any(key[2] == "compile" for key in torch)
    heading = ["job", "CPU s, 1 thread", "2 threads: speed-up", "PyTorch eager CPU s, malloc default / tuned", "ratios"]
    heading += ["compiled, tuned", "ratio"] if compiled else []
    rows = [[*heading, "MiB", "PyTorch MiB", "% of FMA peak", "floor, s", "goal, CPU s"]]
    for job in JOBS:
        one, two = ours.get((job.ours, "1"), []), ours.get((job.ours, "2"), [])
        mine = median(one, "cpu_s")

        def torch_entries(mode: str, malloc: str) -> list:
            return torch.get((job.case, job.result, mode, malloc), []) if job.case else []

        def ratio(theirs: float | None) -> float | None:
            return theirs / mine if theirs and mine else None

        default, tuned = (median(torch_entries("eager", malloc), "cpu_s_median") for malloc in ("default", "tuned"))
        speed_up = min(e["real_s"] for e in one) / min(e["real_s"] for e in two) if one and two else None
        row = [job.ours, text(mine), text(speed_up, ".2f"), pair(default, tuned), pair(ratio(default), ratio(tuned))]
        if compiled:
            fast = median(torch_entries("compile", "tuned"), "cpu_s_median")
            row += [text(fast), text(ratio(fast))]
        share = share_of_peak(one)
        rows.append([*row, text(median(one, "MiB_above_start"), ".0f"),
                     text(median(torch_entries("eager", "default"), "peak_rss_mb"), ".0f"),
                     text(share, ".0f"), text(mine * share / 100 if mine and share else None), job.goal])
    return rows


def kernel_rows(path: Path) -> list:
    """Medians of bench_kernels: CPU time of one thread, shares of what the machine can, speed-up of the wall's clock"""
    found = {}
    try:
        for entry in load(path)["benchmarks"]:
            repeated = entry.get("repetitions", 1) > 1
            if entry.get("error_occurred") or (entry.get("aggregate_name") if repeated else "median") != "median":
                continue
            name, _, rest = entry["run_name"].partition("/threads:")
            found.setdefault(name, {})[int(rest.partition("/")[0])] = entry
    except (KeyError, TypeError, ValueError) as error:
        raise Unusable(f"{path}: no results of bench_kernels ({type(error).__name__}: {error}); run scripts/bench.sh again") from None
    rows = [["kernel", "CPU µs, 1 thread", "% of FMA peak", "% of stream", "2 threads: speed-up"]]
    for name, runs in found.items():
        one, two = runs.get(1), runs.get(2)
        if not one:
            continue
        micro = one["cpu_time"] * NANOSECONDS[one["time_unit"]] / 1e3
        rows.append([name, text(micro), text(one.get("pct_peak"), ".0f"), text(one.get("pct_stream"), ".0f"),
                     text(one["real_time"] / two["real_time"] if two else None, ".2f")])
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--jobs", action="store_true", help="list what to run")
    options = parser.parse_args()
    if options.jobs == bool(options.folder):
        parser.error("give a folder or --jobs")
    if options.jobs:
        for job in JOBS:
            print(f"^{job.ours}/threads", job.case or "-", job.torch or "-")
        return 0
    try:
        ours, torch = read_jobs(options.folder), read_torch(options.folder)
        programs = load(options.folder / "programs.json") if (options.folder / "programs.json").exists() else []
        if not ours:
            raise Unusable(f"{options.folder}/jobs: holds no results; run scripts/bench.sh")
        show(job_rows(ours, torch))
        grown = sorted((int(argument), entries) for (name, argument), entries in ours.items() if name == GROWTH)
        if grown:
            show([["residues", "edges a residue", "CPU s", "µs a residue", "µs a thousand edges", "MiB above start", "KiB a residue"],
                  *([str(n), text(median(e, "edges_per_residue"), ".0f"), text(median(e, "cpu_s")), text(1e6 * median(e, "s_per_residue")),
                     text(1e9 * median(e, "s_per_edge")), text(median(e, "MiB_above_start"), ".0f"),
                     text(1024 * median(e, "MiB_above_start") / n, ".1f")] for n, e in grown)])
        if programs:
            show([["program", "wall s", "CPU s", "peak MiB", "residues / CPU s"],
                  *([p["label"], text(p["wall_s_min"]), text(p["cpu_s_median"]), text(p["peak_mib"], ".1f"),
                     text(p["residues"] / p["cpu_s_median"] if p["residues"] and p["cpu_s_median"] else None)] for p in programs)])
        if (options.folder / "kernels.json").exists():
            show(kernel_rows(options.folder / "kernels.json"))
    except Unusable as error:
        print(error, file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
