#!/usr/bin/env bash
# Installs what regrain needs to build, through apt, if anything is missing. Other systems: the names
# below say what to look for; everything is found by find_package. Arguments are packages that are wanted too.
set -euo pipefail

packages=(g++ cmake ninja-build libeigen3-dev nlohmann-json3-dev libcli11-dev gemmi-dev tao-pegtl-dev zlib1g-dev libgtest-dev "$@")

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "no apt-get here; CMake will say what is missing of: ${packages[*]} (Debian's names)" >&2
  exit 0
fi
sudo=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "installing ${missing[*]} needs root: run as root or install them yourself" >&2; exit 1; }
  sudo="sudo"
fi
echo "installing ${missing[*]}" >&2
$sudo env DEBIAN_FRONTEND=noninteractive apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
