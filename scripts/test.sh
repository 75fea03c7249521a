#!/usr/bin/env bash
# Installs what is missing, builds the release preset and runs every test. Arguments go to ctest.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install_dependencies.sh
cmake --preset release
cmake --build --preset release
ctest --preset release -j"$(nproc)" "$@"
