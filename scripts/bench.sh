#!/usr/bin/env bash
# Measures kernels, jobs and the program, beside PyTorch where a Python that has it is given or found, and prints
# the tables of BENCHMARKS.md.
#
#   scripts/bench.sh [--torch PYTHON] [--compile] [--quick] [--out FOLDER]
#
#   --torch PYTHON  an interpreter with torch and numpy; python3, if it has them
#   --compile       torch.compile as well, which needs minutes to compile
#   --quick         one short round, to see that all works
#   --out FOLDER    results as JSON; runs/bench
set -euo pipefail

usage() { sed -n '2,10s/^# \{0,1\}//p' "$0"; }
wrong() { echo "bench.sh: $1; see --help" >&2; exit 2; }

torch="" compile="" quick="" out=""
while [ $# -gt 0 ]; do
  case "$1" in
    --torch|--out) [ $# -ge 2 ] || wrong "$1 needs a value"
      if [ "$1" = --torch ]; then torch="$(command -v "$2")" || wrong "$2: no such program"; else out="$(realpath -m "$2")"; fi
      shift 2 ;;
    --compile) compile=1; shift ;;
    --quick) quick=1; shift ;;
    -h|--help) usage; exit 0 ;;
    *) wrong "unknown option $1" ;;
  esac
done
[ -z "$torch" ] || torch="$(cd "$(dirname "$torch")" && pwd)/$(basename "$torch")"  # given relative to the caller's folder
cd "$(dirname "$0")/.."
out="${out:-runs/bench}"

scripts/install_dependencies.sh libbenchmark-dev python3 time
cmake --preset release -DREGRAIN_BUILD_BENCH=ON >/dev/null
cmake --build --preset release --target regrain bench_kernels bench_jobs bench_export_case

has_torch() { "$1" -c 'import numpy, torch' 2>/dev/null; }
if [ -n "$torch" ]; then
  has_torch "$torch" || { echo "$torch can't import torch and numpy: install them there or give another --torch" >&2; exit 1; }
elif has_torch python3; then
  torch="$(command -v python3)"
else
  echo "no Python with torch and numpy: measuring regrain alone; --torch names one" >&2
fi

rounds=3 torch_repeat=3 kernel_flags=(--benchmark_repetitions=3 --benchmark_min_time=0.1) job_flags=(--benchmark_min_time=0.5)
growth='growth/(1000|10000|100000)/' program_runs=20 backmap_runs=3
if [ -n "$quick" ]; then
  rounds=1 torch_repeat=1 kernel_flags=(--benchmark_min_time=0.01) job_flags=(--benchmark_min_time=0.01)
  growth='growth/1000/' program_runs=3 backmap_runs=1
fi

# results of another run would be mixed with these
mkdir -p "$out"
rm -rf "$out"/{jobs,torch,cases,programs.json,kernels.json}
mkdir -p "$out"/{jobs,torch,cases}
bench=build/release/bench
{ date -u +%FT%TZ; git describe --always --dirty 2>/dev/null || true; uname -srm; grep -m1 'model name' /proc/cpuinfo || true; nproc; uptime; } >"$out/machine.txt"

echo "== kernels" >&2
"$bench/bench_kernels" "${kernel_flags[@]}" --benchmark_out="$out/kernels.json" --benchmark_out_format=json

echo "== jobs, in turns with PyTorch" >&2
ours() { # name, filter
  "$bench/bench_jobs" "${job_flags[@]}" --benchmark_filter="$2" --benchmark_out="$out/jobs/$1.json" \
    --benchmark_out_format=json >/dev/null
}
theirs() { # name, case, job, options...
  local name="$1" case="$2" job="$3" input=("$out/cases/$2.safetensors")
  shift 3
  [ "$job" = message ] && input=(--message-case "${input[0]}")
  "$torch" bench/torch_baseline.py "${input[@]}" --job "$job" --repeat "$torch_repeat" "$@" -o "$out/torch/$name.json"
}
python3 bench/table.py --jobs >"$out/jobs.txt"
[ -z "$torch" ] || "$bench/bench_export_case" "$out/cases" >/dev/null
for ((round = 1; round <= rounds; ++round)); do
  n=0 last=""
  while read -r filter case job; do
    n=$((n + 1))
    echo "round $round of $rounds: $filter" >&2
    ours "$n.$round" "$filter"
    # both results of the message block come from one run
    if [ -n "$torch" ] && [ "$case" != - ] && [ "$case $job" != "$last" ]; then
      theirs "$n.$round.default" "$case" "$job"
      theirs "$n.$round.tuned" "$case" "$job" --malloc tuned
      [ -z "$compile" ] || theirs "$n.$round.compiled" "$case" "$job" --malloc tuned --mode compile
    fi
    last="$case $job"
  done <"$out/jobs.txt"
done
ours growth "$growth"
rm -rf "$out/cases"  # half a gigabyte, written anew in seconds

echo "== program" >&2
regrain=build/release/regrain
data=tests/data/trpcage
"$regrain" train examples/trpcage/stage2.json --out "$out/model" --set train.epochs=1 --force
"$regrain" split "$data/trpcage_330K_heavy.xtc" --top "$data/trpcage_330K_heavy_top.pdb" --part test -o "$out/truth.pdb" --force
"$regrain" coarsen "$out/truth.pdb" --map ca -o "$out/ca.pdb" --force
backmap=("$regrain" backmap "$out/ca.pdb" --stages "$out/model/model.safetensors" -n 10 --seed 7 --threads 1 -o "$out/atoms.pdb" --force)
"${backmap[@]}"
# the residues that were built: of the first and the last of a chain the alpha carbon is kept
residues=$(grep -c '^ATOM.........N   ' "$out/atoms.pdb")
program() { python3 bench/run_program.py -o "$out/programs.json" "$@"; }
program --label "regrain info" --runs "$program_runs" -- "$regrain" info
program --label "regrain backmap, CA to atoms, PDB to PDB" --runs "$backmap_runs" --residues "$residues" -- "${backmap[@]}"

echo
cat "$out/machine.txt"
echo
python3 bench/table.py "$out"
echo "kernels: $out/kernels.json, to be compared with another by bench/compare.py"
