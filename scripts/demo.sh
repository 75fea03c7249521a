#!/usr/bin/env bash
# The main job on a real protein: trp-cage from 4 beads to its alpha carbons to all its atoms, through two
# conditional VAEs trained here. Installs what is missing, builds, trains, backmaps the test frames and
# prints what came out beside the truth and the free baselines. A few minutes on two cores.
set -euo pipefail
out="${1:+$(realpath -m "$1")}"
cd "$(dirname "$0")/.."
out="${out:-runs/demo}"

export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"  # waiting threads sleep: a loaded machine stays quick

scripts/install_dependencies.sh
cmake --preset release >/dev/null
cmake --build --preset release --target regrain

regrain=build/release/regrain
data=tests/data/trpcage
truth="$data/trpcage_330K_heavy.xtc"
top="$data/trpcage_330K_heavy_top.pdb"
mkdir -p "$out"

echo "== stage 1: 4 beads -> 20 alpha carbons"
"$regrain" train examples/trpcage/stage1.json --out "$out/stage1" --force
echo "== stage 2: alpha carbons -> all atoms"
"$regrain" train examples/trpcage/stage2.json --out "$out/stage2" --force

# frames no training has seen: the last tenth in time
"$regrain" split "$truth" --top "$top" --part test  -o "$out/truth.pdb" --force
"$regrain" split "$truth" --top "$top" --part train -o "$out/train.pdb" --force
"$regrain" coarsen "$out/truth.pdb" --map "$out/stage1/map.json" -o "$out/beads.pdb" --force
"$regrain" coarsen "$out/truth.pdb" --map ca -o "$out/ca.pdb" --force

stage1="$out/stage1/model.safetensors"
stage2="$out/stage2/model.safetensors"
backmap() { # name, input, stages...
  local name="$1" input="$2"; shift 2
  "$regrain" backmap "$input" --stages "$@" -n 4 --seed 7 -o "$out/$name.prior.pdb" --force
  "$regrain" backmap "$input" --stages "$@" -n 1 --seed 7 --posterior-from "$out/truth.pdb" -o "$out/$name.posterior.pdb" --force
  for z in prior posterior; do
    "$regrain" evaluate "$out/$name.$z.pdb" --reference "$out/truth.pdb" --map "$out/stage1/map.json" \
      --training "$out/train.pdb" --z "$z" -o "$out/$name.$z.json" --force
  done
}
echo "== backmapping the test frames"
backmap stage1 "$out/beads.pdb" "$stage1"
backmap stage2 "$out/ca.pdb" "$stage2"
backmap chain "$out/beads.pdb" "$stage1" "$stage2"

echo
"$regrain" summarize "$out"/{stage1,stage2,chain}.{prior,posterior}.json
echo
echo "structures: $out/chain.prior.pdb beside $out/truth.pdb; beads: $out/beads.pdb"
