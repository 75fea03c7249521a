#!/usr/bin/env python3
"""Holds what ptxas says about every kernel against a budget.

  scripts/ptxas_budget.py kernels/cuda/ptxas_budget.json build/release/tests/ptxas            checks
  scripts/ptxas_budget.py kernels/cuda/ptxas_budget.json build/release/tests/ptxas --update   writes the budget anew

The folder holds NAME.cu.log for every source, written by the target ptxas_logs. Registers a thread, bytes of
spills and bytes of static shared memory may be as many as the budget says or fewer; a kernel the budget doesn't
know, or one that is gone, fails too. Kernels of CUB are its own affair. Versions of nvcc differ by a few
registers, and so do runs of one where addresses are left to chance: the budget names its own version, and for
another one, or with --loose, registers may be a tenth above it.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys

ENTRY = re.compile(r"Compiling entry function '(\w+)' for '(sm_\w+)'")
SPILLS = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")
USED = re.compile(r"Used (\d+) registers")
SHARED = re.compile(r"(\d+) bytes smem")


def demangled(names):
    """Mangled names to "sum_kernel<float>"."""
    out = subprocess.run(["c++filt", "-p"], input="\n".join(names), capture_output=True, text=True, check=True).stdout
    short = {}
    for name, text in zip(names, out.splitlines()):
        text = re.sub(r"^void ", "", text)
        # the namespaces of the kernel and of its arguments; the unnamed one has the file's name and a hash in it
        short[name] = re.sub(r"\(anonymous namespace\)::|\b_GLOBAL__N_\w*::|\b(?:\w+::)+", "", text)
    return short


def read_log(text):
    """{mangled name: {architecture: [registers, spilled bytes, shared bytes]}}"""
    kernels, place, spilled = {}, None, 0
    for line in text.splitlines():
        if m := ENTRY.search(line):
            place, spilled = None if m[1].startswith("_ZN3cub") else m.groups(), 0
        elif m := SPILLS.search(line):
            spilled = int(m[2]) + int(m[3])
        elif (m := USED.search(line)) and place:
            shared = SHARED.search(line)
            kernels.setdefault(place[0], {})[place[1]] = [int(m[1]), spilled, int(shared[1]) if shared else 0]
            place = None
    return kernels


def read_folder(folder):
    """{"segment.cu": {"gather_rows_kernel<float>": {"sm_90": [registers, spilled, shared]}}}"""
    found = {}
    for log in sorted(folder.glob("*.cu.log")):
        kernels = read_log(log.read_text())
        if not kernels:
            continue
        names = demangled(list(kernels))
        found[log.name.removesuffix(".log")] = {names[k]: kernels[k] for k in sorted(kernels, key=names.get)}
    return found


def complaints(found, budget, exact):
    """What is above the budget, missing from it, or in it and gone."""
    out = []
    for source in sorted(found.keys() | budget.keys()):
        have, allowed = found.get(source, {}), budget.get(source, {})
        for kernel in sorted(have.keys() | allowed.keys()):
            if kernel not in allowed:
                out.append(f"{source}: {kernel}: not in the budget")
            elif kernel not in have:
                out.append(f"{source}: {kernel}: in the budget, but nvcc compiled no such kernel")
            else:
                for arch, values in have[kernel].items():
                    limits = allowed[kernel].get(arch, [0, 0, 0])
                    for what, value, limit in zip(("registers", "bytes of spills", "bytes of shared memory"), values, limits):
                        room = 0 if exact or what != "registers" else max(4, limit // 10)
                        if value > limit + room:
                            out.append(f"{source}: {kernel}, {arch}: {value} {what}, the budget is {limit}")
    return out


def write_budget(path, version, found):
    """A kernel a line, so that a change reads well."""
    lines = ['{', f'  "nvcc": {json.dumps(version)},', '  "kernels": {']
    sources = []
    for source, kernels in found.items():
        rows = [f"      {json.dumps(name)}: {json.dumps(values)}" for name, values in kernels.items()]
        sources.append(f"    {json.dumps(source)}: {{\n" + ",\n".join(rows) + "\n    }")
    path.write_text("\n".join(lines) + "\n" + ",\n".join(sources) + "\n  }\n}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("budget", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--nvcc", default=shutil.which("nvcc") or "/usr/local/cuda/bin/nvcc")
    parser.add_argument("--loose", action="store_true", help="the logs are of an nvcc with random addresses")
    parser.add_argument("--update", action="store_true", help="write the budget anew")
    args = parser.parse_args()
    said = subprocess.run([args.nvcc, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"release ([\d.]+)", said)[1]
    found = read_folder(args.folder)
    if not found:
        sys.exit(f"{args.folder}: holds no NAME.cu.log; build the target ptxas_logs")
    if args.update:
        write_budget(args.budget, version, found)
        return
    budget = json.loads(args.budget.read_text())
    wrong = complaints(found, budget["kernels"], budget["nvcc"] == version and not args.loose)
    for line in wrong:
        print(line)
    if wrong:
        sys.exit(f"if that is meant: {pathlib.Path(sys.argv[0]).name} {args.budget.name} FOLDER --update, and say why in the commit")
    print(f"{sum(map(len, found.values()))} kernels within their budget")


if __name__ == "__main__":
    main()
