#!/usr/bin/env python3
"""Scores a stage from alpha carbons to all atoms on the chains of a list, each rebuilt from its alpha carbons alone.

    scripts/evaluate_chains.py models/pretrained/chains.tsv --folder DIR... --model model.safetensors [--part validation]
    scripts/evaluate_chains.py ... --pulchra            the same chains by PULCHRA (Python package pypulchra)

Arguments behind -- go to regrain backmap, as in: ... -- --sample --temperature 0.8. Seeds 1 to --seeds give as many
structures of each chain; the table has the mean over chains of the mean over seeds, and the spread of the seeds' means.
JSON with every chain goes to --out. Python's standard library is enough, but for --pulchra.
"""
import argparse
import concurrent.futures
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

COLUMNS = ["rmsd", "rmsd_backbone", "chi1_within_40", "chi12_within_40", "vdw_overlaps", "truth_vdw_overlaps", "contacts_under_2A",
           "nged", "bonds_within_10_percent", "angles_within_10_percent", "d_residues", "wrong_beta", "cis_peptides",
           "truth_cis_peptides", "ring_penetrations", "truth_ring_penetrations", "jsd_phi", "jsd_psi", "jsd_chi1"]


def chains(path, part):
    """File names of the part, in the list's order."""
    names = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split("\t")
        if len(words) < 2:
            sys.exit(f"{path}:{number}: {line!r}; expected a file and its part, with a tab between")
        if words[1] == part:
            names.append(words[0])
    if not names:
        sys.exit(f"{path}: has no chain of part {part}")
    return names


def find(name, folders):
    for folder in folders:
        if (folder / name).exists():
            return folder / name
    sys.exit(f"{name}: in none of {', '.join(map(str, folders))}")


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr.strip() or 'failed'}")
    return done.stdout


def rebuild_by_pulchra(truth, out, regrain):
    import pypulchra
    trace = out.with_suffix(".ca.pdb")
    run([regrain, "coarsen", truth, "--map", "ca", "-o", trace, "--force"])
    made = pypulchra.run_from_pdb_str(trace.read_text())
    trace.unlink()
    if not made.pdb_str:
        sys.exit(f"{truth}: PULCHRA made no structure")
    out.write_text(made.pdb_str)


def score(job):
    truth, seed, args, extra, folder = job
    out = folder / f"{truth.name.split('.')[0]}_{seed}.pdb"
    begin = time.monotonic()
    if args.pulchra:
        rebuild_by_pulchra(truth, out, args.regrain)
    else:
        run([args.regrain, "backmap", truth, "--stages", args.model, "--seed", str(seed), "--threads", "1", "-o", out, "--force", *extra])
    seconds = time.monotonic() - begin
    found = json.loads(run([args.regrain, "evaluate", out, "--reference", truth]))
    metrics = {m["name"]: m["value"] for m in found["metrics"]}
    return {"chain": truth.name, "seed": seed, "residues": found["residues"], "seconds": seconds,
            **{c: metrics[c] for c in COLUMNS if metrics.get(c) is not None}}


def main():
    argv, extra = (sys.argv[1:sys.argv.index("--")], sys.argv[sys.argv.index("--") + 1:]) if "--" in sys.argv else (sys.argv[1:], [])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("list", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path, nargs="+", required=True, help="where the structures lie")
    parser.add_argument("--part", default="validation")
    parser.add_argument("--model", type=pathlib.Path)
    parser.add_argument("--pulchra", action="store_true")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="chains at a time")
    parser.add_argument("--regrain", default="build/release/regrain")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for the structures; not kept if not given")
    parser.add_argument("--out", type=pathlib.Path, help="JSON with every chain")
    args = parser.parse_args(argv)
    if bool(args.model) == args.pulchra:
        parser.error("give --model FILE or --pulchra")
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        jobs = [(find(name, args.folder), seed, args, extra, folder) for name in chains(args.list, args.part) for seed in range(1, args.seeds + 1)]
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            rows = list(pool.map(score, jobs))
    seeds = range(1, args.seeds + 1)
    print(f"{len(jobs) // args.seeds} chains of part {args.part}, {sum(r['residues'] for r in rows) // args.seeds} residues, {args.seeds} seeds")
    table = {}
    for c in COLUMNS:
        of_seed = [statistics.fmean(r[c] for r in rows if r["seed"] == s and c in r) for s in seeds if any(c in r for r in rows)]
        if not of_seed:
            continue
        table[c] = {"mean": statistics.fmean(of_seed), "spread_of_seeds": statistics.pstdev(of_seed),
                    "worst_chain": max(r[c] for r in rows if c in r), "best_chain": min(r[c] for r in rows if c in r)}
        print(f"{c:26s} {table[c]['mean']:9.4f} +- {table[c]['spread_of_seeds']:.4f}   from {table[c]['best_chain']:.3f} to {table[c]['worst_chain']:.3f}")
    if args.out:
        args.out.write_text(json.dumps({"part": args.part, "backmap": extra, "mean": table, "chains": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
