#!/usr/bin/env bash
# Makes the shipped weights again: regrain's stage from alpha carbons to all atoms, from the structures that
# models/pretrained/chains.tsv names. Half an hour on two cores, and twenty minutes to fetch the structures.
#
#   scripts/train_stage2.sh FOLDER... [-- OPTIONS OF REGRAIN TRAIN]     folders with the structures, as scripts/fetch_training_set.sh makes them
#
# The run lies in runs/allatom; the weights are copied to models/pretrained only by hand.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
folders=()
while [ $# -gt 0 ] && [ "$1" != "--" ]; do
  [ -d "$1" ] || { echo "train_stage2.sh: $1: no such folder; make it with scripts/fetch_training_set.sh" >&2; exit 2; }
  folders+=("$(realpath "$1")")
  shift
done
[ $# -gt 0 ] && shift
if [ ${#folders[@]} -eq 0 ]; then
  echo "train_stage2.sh: no folder with structures; scripts/fetch_training_set.sh FOLDER gets them" >&2
  exit 2
fi
cd "$root"
list="$(printf '"%s",' "${folders[@]}")"
build/release/regrain train models/pretrained/allatom.json --set "data.list=$root/models/pretrained/chains.tsv" --set "data.folder=[${list%,}]" \
  --out runs/allatom --cache 2000 "$@"
scripts/evaluate_chains.py models/pretrained/chains.tsv --folder "${folders[@]}" --model runs/allatom/model.safetensors --seeds 5 \
  --out runs/allatom/validation.json
