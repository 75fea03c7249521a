#!/usr/bin/env bash
# The main job on a real protein: trp-cage from 4 beads to its alpha carbons, through a conditional VAE trained here, to all
# its atoms with the weights that come with the program. Installs what is missing, builds, trains, backmaps the test frames
# and prints what came out beside the truth and the free baselines. A few minutes on two cores.
#
#   scripts/demo.sh [--published] [FOLDER]     results in runs/demo, or in FOLDER
#
#   --published  trains the published second stage (GenZProt) on trp-cage as well and shows it beside the shipped one
set -euo pipefail
published=""
if [ "${1:-}" = --published ]; then published=1; shift; fi
case "${1:-}" in -*) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 2 ;; esac
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
if [ -n "$published" ]; then
  echo "== published stage 2: alpha carbons -> all atoms"
  "$regrain" train examples/trpcage/stage2.json --out "$out/genzprot" --force
fi

# frames no training has seen: the last tenth in time
"$regrain" split "$truth" --top "$top" --part test  -o "$out/truth.pdb" --force
"$regrain" split "$truth" --top "$top" --part train -o "$out/train.pdb" --force
"$regrain" coarsen "$out/truth.pdb" --map "$out/stage1/map.json" -o "$out/beads.pdb" --force
"$regrain" coarsen "$out/truth.pdb" --map ca -o "$out/ca.pdb" --force

stage1="$out/stage1/model.safetensors"
results=()
score() { # name, z
  "$regrain" evaluate "$out/$1.$2.pdb" --reference "$out/truth.pdb" --map "$out/stage1/map.json" --training "$out/train.pdb" --z "$2" \
    -o "$out/$1.$2.json" --force
  results+=("$out/$1.$2.json")
}
prior() { # name, input, options...
  "$regrain" backmap "$2" --stages "${@:3}" -n 4 --seed 7 -o "$out/$1.prior.pdb" --force
  score "$1" prior
}
posterior() { # name, input, stages...
  "$regrain" backmap "$2" --stages "${@:3}" -n 1 --seed 7 --posterior-from "$out/truth.pdb" -o "$out/$1.posterior.pdb" --force
  score "$1" posterior
}
echo "== backmapping the test frames"
prior stage1 "$out/beads.pdb" "$stage1"
posterior stage1 "$out/beads.pdb" "$stage1"
prior stage2 "$out/ca.pdb" allatom
prior chain "$out/beads.pdb" "$stage1" allatom --fix-ca
if [ -n "$published" ]; then
  stage2="$out/genzprot/model.safetensors"
  for z in prior posterior; do
    "$z" genzprot "$out/ca.pdb" "$stage2"
    "$z" genzprot_chain "$out/beads.pdb" "$stage1" "$stage2"
  done
fi

echo
"$regrain" summarize "${results[@]}"
echo
echo "structures: $out/chain.prior.pdb beside $out/truth.pdb; beads: $out/beads.pdb"
