#!/usr/bin/env bash
# Fetches two transition trajectories of adenylate kinase (Beckstein et al., 214 residues, closed -> open)
# and their topology out of the PyPI package MDAnalysisTests, into data/adk or the folder given. They
# are not part of this repository. Needs python3 with pip.
set -euo pipefail
target="${1:+$(realpath -m "$1")}"
cd "$(dirname "$0")/.."
target="${target:-data/adk}"
mkdir -p "$target"
wanted="adk_closed.pdb adk_dims.dcd adk_dims2.dcd"

complete=yes
for file in $wanted; do [ -f "$target/$file" ] || complete=no; done
if [ "$complete" = no ]; then
  python3 -m pip --version >/dev/null 2>&1 || { echo "fetching from PyPI needs python3 with pip (python3-pip)" >&2; exit 1; }
  work="$(mktemp -d)"
  trap 'rm -rf "$work"' EXIT
  echo "fetching MDAnalysisTests (60 MB) from PyPI" >&2
  python3 -m pip download --quiet --no-deps --dest "$work" MDAnalysisTests==2.11.0
  archive="$(find "$work" -maxdepth 1 -iname "mdanalysistests*")"
  for file in $wanted; do
    case "$archive" in
      *.tar.gz) tar -xzf "$archive" -O --wildcards "*/MDAnalysisTests/data/$file" > "$target/$file.part" ;;
      *) python3 -m zipfile -e "$archive" "$work/out" && cp "$work/out/MDAnalysisTests/data/$file" "$target/$file.part" ;;
    esac
    mv "$target/$file.part" "$target/$file"
  done
fi
ls -l "$target"
