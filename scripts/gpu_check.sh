#!/usr/bin/env bash
# Turns minutes on a machine with an NVIDIA GPU into evidence: parity with the CPU, determinism, compute-sanitizer,
# benchmarks, PyTorch beside them. There it needs the driver, cuBLAS and nothing else of ours: no compiler, no CMake.
#
#   scripts/gpu_check.sh --build        builds what it runs into build/gpu_check, where there is nvcc; needs no GPU
#   scripts/gpu_check.sh [--out FOLDER] [--torch PYTHON] [--bin FOLDER]
#
#   --out FOLDER    JSON named by device, and the log of every part; bench/results
#   --torch PYTHON  an interpreter with torch and numpy; python3, if it has them
#   --bin FOLDER    what --build made; build/gpu_check
#
# The whole takes less than 8 minutes: every part has a limit of its own, and one that fails doesn't stop the others.
# Exit status: 0 all that ran passed, 1 something failed or there is no GPU, 2 wrong usage or nothing built.
set -euo pipefail

usage() { sed -n '2,14s/^# \{0,1\}//p' "$0"; }
wrong() { echo "gpu_check.sh: $1" >&2; exit 2; }
max_mib=64

build="" out="" torch="" bin=""
while [ $# -gt 0 ]; do
  case "$1" in
    --build) build=1; shift ;;
    --out|--torch|--bin) [ $# -ge 2 ] || wrong "$1 needs a value; see --help"
      case "$1" in
        --out) out="$(realpath -m "$2")" ;;
        --bin) bin="$(realpath -m "$2")" ;;
        --torch) torch="$(command -v "$2")" || wrong "--torch $2: no such program"
          torch="$(cd "$(dirname "$torch")" && pwd)/$(basename "$torch")" ;;
      esac
      shift 2 ;;
    -h|--help) usage; exit 0 ;;
    *) wrong "unknown option $1; see --help" ;;
  esac
done
cd "$(dirname "$0")/.."
out="${out:-$PWD/bench/results}" bin="${bin:-$PWD/build/gpu_check}"
programs=(cuda_kernels_test cuda_models_test cuda_driver_test bench_kernels bench_jobs bench_export_case regrain)

# Everything static but glibc and CUDA's own libraries, as far as there are static libraries. Debian has no static
# Google Benchmark: that one comes along in the folder, with the libraries of the compiler that it needs.
build_all() {
  local tree="$PWD/build/gpu_check.tree" program library size nvcc small_code=""
  nvcc="$(command -v "${CUDACXX:-nvcc}" || echo /usr/local/cuda/bin/nvcc)"
  # every program holds the code of all kernels; what else nobody calls stays out
  case "$("$nvcc" --help)" in *compress-mode*) small_code=--compress-mode=size ;; esac
  static() { g++ -print-file-name="$1"; }
  cmake -S . -B "$tree" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE="-O3 -DNDEBUG" -DREGRAIN_CUDA=ON \
    -DCMAKE_CUDA_COMPILER="$nvcc" -DCMAKE_CUDA_FLAGS="$small_code" -DREGRAIN_BUILD_BENCH=ON \
    -DCMAKE_EXE_LINKER_FLAGS=-Wl,--gc-sections \
    -DREGRAIN_DATA_ROOT=. -DOpenMP_gomp_LIBRARY="$(static libgomp.a)" \
    -DZLIB_LIBRARY="$(static libz.a)" -DREGRAIN_STATIC_RUNTIME=ON -DCMAKE_BUILD_RPATH='$ORIGIN' >/dev/null
  cmake --build "$tree" --target "${programs[@]}"
  rm -rf "$bin"
  mkdir -p "$bin"
  for program in "${programs[@]}"; do
    find "$tree" -type f -name "$program" -perm -u+x -exec cp {} "$bin/" \;
    [ -x "$bin/$program" ] || wrong "$program: not among what was built in $tree; remove that folder and build again"
    strip "$bin/$program"
  done
  for program in "$bin"/*; do
    for library in $(ldd "$program" | awk '$3 ~ /^\// {print $3}'); do
      case "$(basename "$library")" in
        libc.so.*|libm.so.*|libdl.so.*|librt.so.*|libpthread.so.*|ld-linux*) ;;
        *) [ -e "$bin/$(basename "$library")" ] || cp -L "$library" "$bin/" ;;
      esac
    done
  done
  { date -u +%FT%TZ; git describe --always --dirty 2>/dev/null || true; g++ --version | head -1; "$nvcc" --version | tail -1; } >"$bin/built.txt"
  du -ah "$bin" | sort -k2 >&2
  size="$(du -sm --apparent-size "$bin" | cut -f1)"
  [ "$size" -le "$max_mib" ] || wrong "$bin: $size MiB, more than the $max_mib MiB that travel; leave a program out or build for fewer architectures"
  echo "built $bin, $size MiB of at most $max_mib" >&2
}

if [ -n "$build" ]; then
  command -v cmake >/dev/null || wrong "--build needs cmake; scripts/install_dependencies.sh installs it"
  command -v "${CUDACXX:-nvcc}" >/dev/null || [ -x /usr/local/cuda/bin/nvcc ] || wrong "--build needs nvcc; install the CUDA toolkit, or name it with CUDACXX"
  build_all
  exit 0
fi

gpu="$(nvidia-smi --query-gpu=name,driver_version,memory.total,power.limit --format=csv,noheader 2>/dev/null | head -1)" || gpu=""
if [ -z "$gpu" ]; then
  echo "gpu_check.sh: no NVIDIA GPU here (nvidia-smi is missing or shows none): nothing was checked and nothing was measured" >&2
  exit 1
fi
for program in "${programs[@]}"; do
  [ -x "$bin/$program" ] || wrong "$bin/$program: not there; run scripts/gpu_check.sh --build where there is nvcc and bring the folder"
done
mkdir -p "$out"
device="$(echo "${gpu%%,*}" | tr -cs 'A-Za-z0-9._\n' '-')"
logs="$out/$device.logs"
rm -rf "$logs"
mkdir -p "$logs"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"

total=460  # seconds for all parts; what a part leaves over is for the later ones
names=() results=() seconds=() failed=0
note() { # name, seconds, result
  names+=("$1") seconds+=("$2") results+=("$3")
  case "$3" in FAIL*) failed=1 ;; esac
  echo "$1: $3 ($2 s)" >&2
}
# the part's limit, or what is left of the total; a second where nothing is
limit_of() {
  local left=$((total - SECONDS))
  if [ "$1" -le "$left" ]; then echo "$1"; elif [ "$left" -gt 1 ]; then echo "$left"; else echo 1; fi
}
status_text() { # status, limit
  case "$1" in 0) echo pass ;; 124|137) echo "FAIL: not done after $2 s" ;; *) echo "FAIL: exit status $1" ;; esac
}
part() { # name, limit in seconds, command...
  local name="$1" limit begin=$SECONDS status=0
  limit="$(limit_of "$2")"
  shift 2
  timeout -k 5 "$limit" "$@" >"$logs/$name.log" 2>&1 || status=$?
  note "$name" $((SECONDS - begin)) "$(status_text "$status" "$limit")"
}
# Tests that skip have tested nothing: on a machine with a GPU that is a failure.
tests() { # name, limit, program, filter, what to run it under...
  local name="$1" limit program="$3" filter="$4" begin=$SECONDS status=0 result skipped ran
  limit="$(limit_of "$2")"
  shift 4
  timeout -k 5 "$limit" "$@" "$bin/$program" --gtest_filter="$filter" --gtest_brief=0 >"$logs/$name.log" 2>&1 || status=$?
  result="$(status_text "$status" "$limit")"
  skipped="$(grep -c '^\[  SKIPPED \].*ms)' "$logs/$name.log" || true)"
  ran="$(grep -c '^\[       OK \]' "$logs/$name.log" || true)"
  if [ "$result" = pass ]; then
    if [ "$skipped" -gt 0 ]; then result="FAIL: $skipped tests were skipped"
    elif [ "$ran" -eq 0 ]; then result="FAIL: no test ran"
    else result="pass"; fi
  fi
  [ "$result" != pass ] || result="pass, $ran tests"
  note "$name" $((SECONDS - begin)) "$result"
}

# Typed tests come in float and double; one of them is enough under the sanitizer, which slows all down.
small='*/0.*'
part program 10 "$bin/regrain" info
tests parity-kernels 50 cuda_kernels_test '*'
tests parity-models 40 cuda_models_test '*-SameBytes*'
tests parity-program 40 cuda_driver_test '*-*Replay*'
tests philox-bits 10 cuda_kernels_test '*BitsOfTheCpu*'

same_bytes() { # two processes, each of which takes the step twice
  for run in 1 2; do
    REGRAIN_STEP_BYTES="$work/step.$run" timeout -k 5 15 "$bin/cuda_models_test" --gtest_filter='SameBytes*' || return 1
    [ -s "$work/step.$run" ] || { echo "no step was taken"; return 1; }
  done
  cmp "$work/step.1" "$work/step.2"
}
begin=$SECONDS status=0
same_bytes >"$logs/same-bytes.log" 2>&1 || status=$?
note same-bytes $((SECONDS - begin)) "$(status_text "$status" 30)"

tests graph-replay 30 cuda_driver_test '*Replay*'

sanitizer="$(command -v compute-sanitizer || echo /usr/local/cuda/bin/compute-sanitizer)"
for tool in memcheck racecheck; do
  if [ -x "$sanitizer" ]; then
    tests "$tool" 60 cuda_kernels_test "$small" "$sanitizer" --tool "$tool" --error-exitcode 3
  else
    note "$tool" 0 "not run: no compute-sanitizer here; it comes with the CUDA toolkit"
  fi
done

# each writes PROGRAM.DEVICE.json into the folder
part bench_kernels 60 "$bin/bench_kernels" --device cuda --benchmark_min_time=0.01 --benchmark_out="$out"
part bench_jobs 90 "$bin/bench_jobs" --device cuda --benchmark_min_time=0.01 --benchmark_out="$out"
# the kernels that can multiply by tensor cores, and steps made of them
part bench_kernels_tensor_cores 20 "$bin/bench_kernels" --device cuda --tensor-cores --benchmark_min_time=0.01 --benchmark_out="$out" \
  --benchmark_filter='filter|message'
part bench_jobs_tensor_cores 30 "$bin/bench_jobs" --device cuda --tensor-cores --benchmark_min_time=0.01 --benchmark_out="$out" \
  --benchmark_filter='step'

has_torch() { "$1" -c 'import numpy, torch, sys; sys.exit(not torch.cuda.is_available())' 2>/dev/null; }
[ -n "$torch" ] || torch="$(command -v python3 || true)"
if [ -n "$torch" ] && has_torch "$torch"; then
  theirs() { # case, job, seconds, options...
    local case="$1" job="$2" limit="$3" input="$work/$1.safetensors" mode=eager
    shift 3
    [ $# -eq 0 ] || mode=compile
    if [ "$job" = message ]; then input="--message-case=$input"; fi
    part "torch-$mode-$case" "$limit" "$torch" bench/torch_baseline.py "$input" $([ "$job" = all ] || echo --job "$job") \
      --device cuda --repeat 5 -o "$out/torch.$mode.$case.$device.json" "$@"
  }
  cases=(message_block stage1_paper stage1_paper_16_frames stage2_85x4 stage2_85x64)
  part torch-cases 40 "$bin/bench_export_case" "$work" "${cases[@]}"
  theirs message_block message 15
  theirs stage1_paper all 15
  theirs stage1_paper_16_frames step 20
  theirs stage2_85x4 all 15
  theirs stage2_85x64 step 20
  theirs message_block message 30 --mode compile
else
  note torch 0 "not run: no Python with numpy and torch for CUDA here; --torch names one"
fi

{
  echo "device   $gpu"
  echo "date     $(date -u +%FT%TZ)"
  echo "revision $(git describe --always --dirty 2>/dev/null || echo unknown)"
  sed 's/^/built    /' "$bin/built.txt" 2>/dev/null || true
  echo
  printf '%-36s %5s  %s\n' part s result
  for i in "${!names[@]}"; do printf '%-36s %5s  %s\n' "${names[$i]}" "${seconds[$i]}" "${results[$i]}"; done
  echo
  if [ "$failed" -eq 0 ]; then echo "all that ran passed; results in $out"; else echo "something failed; what it said is in $logs"; fi
} | tee "$out/summary.$device.txt"
exit "$failed"
