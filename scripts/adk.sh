#!/usr/bin/env bash
# Adenylate kinase (214 residues) from 12 beads, 18 residues each: two steps (beads -> alpha carbons -> all
# atoms) against one (beads -> all atoms), trained by the same program; and in the place of the second step regrain's own
# stage, trained on this protein, and as shipped, which has seen no relative of it. Takes an hour or two on two cores;
# EPOCHS1, EPOCHS2, EPOCHS_OWN and EPOCHS cut it short.
set -euo pipefail
cd "$(dirname "$0")/.."
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"

scripts/install_dependencies.sh
cmake --preset release >/dev/null
cmake --build --preset release --target regrain
scripts/get_adk.sh data/adk >/dev/null

regrain=build/release/regrain
out=runs/adk
trajectory=(data/adk/adk_dims.dcd data/adk/adk_dims2.dcd --top data/adk/adk_closed.pdb)
train() { # name, epochs
  local how=--force
  [ -f "$out/$1/checkpoint.safetensors" ] && how=--resume  # at once, if the run was finished
  "$regrain" train "examples/adk/$1.json" --out "$out/$1" "$how" ${2:+--set train.epochs="$2"}
}
train stage1 "${EPOCHS1:-}"
train stage2 "${EPOCHS2:-}"
train own "${EPOCHS_OWN:-}"
train one_step "${EPOCHS:-}"

# the last tenth in time of both runs joined, the end of the second, which no training has seen
for part in train test; do "$regrain" split "${trajectory[@]}" --part "$part" -o "$out/$part.pdb" --force; done
"$regrain" coarsen "$out/test.pdb" --map "$out/stage1/map.json" -o "$out/beads.pdb" --force
"$regrain" coarsen "$out/test.pdb" --map "$out/one_step/map.json" --particles heavy -o "$out/beads_heavy.pdb" --force
"$regrain" coarsen "$out/test.pdb" --map ca -o "$out/ca.pdb" --force

results=()
backmap() { # name, map, input, stages...
  local name="$1" map="$2" input="$3" z samples
  shift 3
  for z in prior posterior; do
    samples=4
    local truth=()
    [ "$z" = posterior ] && samples=1 && truth=(--posterior-from "$out/test.pdb")
    "$regrain" backmap "$input" --stages "$@" -n "$samples" --seed 7 "${truth[@]}" -o "$out/$name.$z.pdb" --force
    "$regrain" evaluate "$out/$name.$z.pdb" --reference "$out/test.pdb" --map "$map" --training "$out/train.pdb" --z "$z" \
      -o "$out/$name.$z.json" --force
    results+=("$out/$name.$z.json")
  done
}
own() { # name, input, stages and options...
  "$regrain" backmap "$2" --stages "${@:3}" -n 4 --seed 7 -o "$out/$1.prior.pdb" --force
  "$regrain" evaluate "$out/$1.prior.pdb" --reference "$out/test.pdb" --map "$out/stage1/map.json" --training "$out/train.pdb" --z prior \
    -o "$out/$1.prior.json" --force
  results+=("$out/$1.prior.json")
}
m() { echo "$out/$1/model.safetensors"; }
backmap stage1 "$out/stage1/map.json" "$out/beads.pdb" "$(m stage1)"
backmap stage2 "$out/stage1/map.json" "$out/ca.pdb" "$(m stage2)"
backmap two_step "$out/stage1/map.json" "$out/beads.pdb" "$(m stage1)" "$(m stage2)"
own own_stage2 "$out/ca.pdb" "$(m own)"
own own_two_step "$out/beads.pdb" "$(m stage1)" "$(m own)"
own shipped_stage2 "$out/ca.pdb" allatom
own shipped_two_step "$out/beads.pdb" "$(m stage1)" allatom
backmap one_step "$out/one_step/map.json" "$out/beads_heavy.pdb" "$(m one_step)"
echo
"$regrain" summarize "${results[@]}"
