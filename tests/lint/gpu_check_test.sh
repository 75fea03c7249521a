#!/usr/bin/env bash
# scripts/gpu_check.sh by itself, with programs that only pretend: what it says and how it exits.
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/path" "$work/bin" "$work/out"

fake() { printf '#!/usr/bin/env bash\n%s\n' "$2" >"$1"; chmod +x "$1"; }
# without the GPU, the sanitizer and the Python of this machine
export PATH="$work/path:/usr/bin:/bin"
check() { # expected status, expected text, arguments...
  local expected="$1" text="$2" status=0
  shift 2
  "$root/scripts/gpu_check.sh" "$@" >"$work/said" 2>&1 || status=$?
  if [ "$status" -ne "$expected" ] || ! grep -qF -- "$text" "$work/said"; then
    echo "gpu_check.sh $*: exit status $status instead of $expected, or no '$text' in:"
    cat "$work/said"
    exit 1
  fi
}

check 0 "--build" --help
check 2 "unknown option --frob" --frob
check 2 "--out needs a value" --out
check 2 "--torch no-such-python: no such program" --torch no-such-python

fake "$work/path/nvidia-smi" 'exit 9'
check 1 "no NVIDIA GPU here" --bin "$work/bin" --out "$work/out"

fake "$work/path/nvidia-smi" 'echo "NVIDIA Fake 80GB, 580.1, 81559 MiB, 700 W"'
check 2 "cuda_kernels_test: not there; run scripts/gpu_check.sh --build" --bin "$work/bin" --out "$work/out"

ok='echo "[       OK ] A.B (1 ms)"'
for program in cuda_kernels_test cuda_driver_test bench_kernels bench_jobs bench_export_case regrain; do fake "$work/bin/$program" "$ok"; done
steps='[ -z "${REGRAIN_STEP_BYTES:-}" ] || echo same >"$REGRAIN_STEP_BYTES"'
fake "$work/bin/cuda_models_test" "$ok; $steps"
fake "$work/path/python3" 'exit 1'
fake "$work/path/compute-sanitizer" 'shift 4; exec "$@"'
run() { check "$1" "$2" --bin "$work/bin" --out "$work/out"; }
run 0 "all that ran passed"
grep -q "^parity-kernels .* pass, 1 tests" "$work/out/summary.NVIDIA-Fake-80GB.txt"
grep -q "^memcheck .* pass, 1 tests" "$work/out/summary.NVIDIA-Fake-80GB.txt"
grep -q "^graph-replay .* pass, 1 tests" "$work/out/summary.NVIDIA-Fake-80GB.txt"
grep -q "^torch .* not run: no Python" "$work/out/summary.NVIDIA-Fake-80GB.txt"

# one part fails, those behind it run
fake "$work/bin/bench_kernels" 'exit 7'
run 1 "bench_kernels: FAIL: exit status 7"
grep -q "^bench_jobs .* pass" "$work/out/summary.NVIDIA-Fake-80GB.txt"
fake "$work/bin/bench_kernels" "$ok"

# tests that skip, or none at all
fake "$work/bin/cuda_kernels_test" 'echo "[  SKIPPED ] A.B (0 ms)"'
run 1 "parity-kernels: FAIL: 1 tests were skipped"
fake "$work/bin/cuda_kernels_test" 'true'
run 1 "parity-kernels: FAIL: no test ran"
fake "$work/bin/cuda_kernels_test" "$ok"

# steps whose bytes differ, or that write none
fake "$work/bin/cuda_models_test" "$ok"'; [ -z "${REGRAIN_STEP_BYTES:-}" ] || echo $$ >"$REGRAIN_STEP_BYTES"'
run 1 "same-bytes: FAIL"
fake "$work/bin/cuda_models_test" "$ok"
run 1 "same-bytes: FAIL"
fake "$work/bin/cuda_models_test" "$ok; $steps"

# replays that differ
fake "$work/bin/cuda_driver_test" 'exit 1'
run 1 "graph-replay: FAIL: exit status 1"

echo "gpu_check.sh: as expected"
