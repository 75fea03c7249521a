#!/usr/bin/env bash
# Installs what is missing, builds the release preset with its benchmarks and runs every test. Arguments go to ctest.
set -euo pipefail
cd "$(dirname "$0")/.."

export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"  # waiting threads sleep: a loaded machine stays quick

scripts/install_dependencies.sh libbenchmark-dev
cmake --preset release -DREGRAIN_BUILD_BENCH=ON
cmake --build --preset release
ctest --preset release -j"$(nproc)" "$@"
