#!/usr/bin/env bash
# Gets the chains that a list of training structures names out of the PDB, by identifier, and cleans them with regrain:
#
#   scripts/fetch_training_set.sh FOLDER [--list FILE] [--from DIR] [--url BASE] [--regrain PROGRAM]
#
# FOLDER/NAME.pdb is written for every NAME.pdb or NAME.pdb.gz of the list (models/pretrained/chains.tsv), but for the part
# left_out: the chain's heavy atoms, one altloc each, MSE as MET. What is there already stays, so a fetch that was stopped
# goes on when started again. --from takes original files (1ABC.cif or .pdb, .gz too, in either case) from a folder and
# downloads nothing. Ends with what could not be had; then the exit code is 1.
set -euo pipefail
here="$(cd "$(dirname "$0")/.." && pwd)"
list="$here/models/pretrained/chains.tsv"
url="https://files.rcsb.org/download"
folder="" from="" regrain=""

fail() { echo "fetch_training_set: $1" >&2; exit "${2:-2}"; }
while [ $# -gt 0 ]; do
  case "$1" in
    --list | --from | --url | --regrain)
      [ $# -gt 1 ] || fail "$1 takes a value"
      case "$1" in --list) list="$2" ;; --from) from="$2" ;; --url) url="$2" ;; --regrain) regrain="$2" ;; esac
      shift 2 ;;
    -*) fail "$1: unknown option; the first lines of $0 say how to use it" ;;
    *) [ -z "$folder" ] || fail "$1: one folder is enough, $folder was named already"; folder="$1"; shift ;;
  esac
done
[ -n "$folder" ] || fail "name the folder the structures go to"
[ -r "$list" ] || fail "$list: there is no such list; name one with --list" 3
[ -z "$from" ] || [ -d "$from" ] || fail "$from: is no folder; name the one of the original files with --from" 3
[ -n "$from" ] || command -v curl > /dev/null || fail "curl is missing; install it (apt install curl), or give original files with --from"
if [ -z "$regrain" ]; then
  if [ -x "$here/build/release/regrain" ]; then regrain="$here/build/release/regrain"
  else regrain="$(command -v regrain)" || fail "the program regrain is missing; build it (scripts/test.sh), or name it with --regrain"; fi
fi
[ -x "$regrain" ] || fail "$regrain: is no program; name regrain with --regrain"
mkdir -p "$folder" || fail "$folder: this folder can't be made" 5
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# The name of a file with the entry's coordinates.
original() {
  local entry="$1" name
  if [ -n "$from" ]; then
    for name in "$entry" "${entry,,}"; do
      for name in "$name".cif "$name".cif.gz "$name".pdb "$name".pdb.gz "$name".ent "$name".ent.gz; do
        if [ -f "$from/$name" ]; then echo "$from/$name"; return; fi
      done
    done
    echo "no file of $entry in $from" > "$work/why"
    return 1
  fi
  if [ ! -f "$work/$entry.cif.gz" ]; then
    rm -f "$work"/*.cif.gz
    curl --fail --silent --show-error --location --retry 3 --connect-timeout 30 -o "$work/part" "$url/$entry.cif.gz" 2> "$work/why" || return 1
    mv "$work/part" "$work/$entry.cif.gz"
  fi
  echo "$work/$entry.cif.gz"
}

written=0 there=0 differ=0
failed=()
while IFS=$'\t' read -r file part residues _ entry chain _; do
  case "$file" in "" | "#"*) continue ;; esac
  [ "$part" != left_out ] || continue
  name="${file%.gz}"
  name="${name%.*}"
  out="$folder/$name.pdb"
  if [ -f "$out" ]; then there=$((there + 1)); continue; fi
  : > "$work/why"
  if ! [[ "${entry:-}" =~ ^[0-9][A-Za-z0-9]{3}$ && -n "${chain:-}" && "$name" != */* ]]; then
    failed+=("$file: the list names no entry of the PDB and chain for it")
  elif input="$(original "$entry")" && "$regrain" clean "$input" --chain "$chain" --drop-unknown -o "$out" 2> "$work/why"; then
    written=$((written + 1))
    grep -q ": $residues residues, " "$work/why" || { differ=$((differ + 1)); echo "$name: $residues residues in the list; $(tail -n 1 "$work/why")" >&2; }
  else
    failed+=("$file: $(tail -n 1 "$work/why")")
  fi
done < <(tr -d '\r' < "$list")

echo "$folder: $written structures written, $there were there, ${#failed[@]} failed; $differ with another number of residues than the list says" >&2
[ $((written + there + ${#failed[@]})) -gt 0 ] || fail "$list: names no structure" 3
if [ ${#failed[@]} -gt 0 ]; then
  printf '%s\n' "${failed[@]}" >&2
  exit 1
fi
