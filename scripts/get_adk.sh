#!/usr/bin/env bash
# Fetches two transition trajectories of adenylate kinase (Beckstein et al., 214 residues, closed -> open)
# and their topology out of the PyPI package MDAnalysisTests, into data/adk or the folder given. They
# are not part of this repository. Needs python3 with pip.
set -euo pipefail
cd "$(dirname "$0")/.."
target="${1:-data/adk}"
mkdir -p "$target"
wanted="adk_closed.pdb adk_dims.dcd adk_dims2.dcd"

complete=yes
for file in $wanted; do [ -f "$target/$file" ] || complete=no; done
if [ "$complete" = no ]; then
  work="$(mktemp -d)"
  trap 'rm -rf "$work"' EXIT
  echo "fetching MDAnalysisTests (60 MB) from PyPI" >&2
  python3 -m pip download --quiet --no-deps --dest "$work" MDAnalysisTests
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
