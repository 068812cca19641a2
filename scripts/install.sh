#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs from Debian 12 what Systole needs and is not there yet. Arguments name further groups.
#   scripts/install.sh          to build and run
#   scripts/install.sh test     to run all tests as well (data set, other compilers, oracles)
#   scripts/install.sh bare     to try the commands in a bare system (scripts/bare.sh)
set -euo pipefail

packages=(
    g++ cmake ninja-build pkg-config git ca-certificates
    libsystemc-dev libyaml-cpp-dev libcli11-dev libfmt-dev nlohmann-json3-dev
    libonnx-dev libprotobuf-dev protobuf-compiler
    libboost-dev libboost-iostreams-dev libboost-filesystem-dev zlib1g-dev libssl-dev
    libopenblas-serial-dev libhwy-dev libmuparser-dev
)
for group in "$@"; do
    case "$group" in
        test) packages+=(
            libgtest-dev libgmock-dev libbenchmark-dev libmpfr-dev
            clang libclang-rt-14-dev clang-tidy clang-format dataset-fashion-mnist
            libonnx-testdata python3 python3-numpy python3-onnx python3-scipy python3-yaml
            python3-jsonschema nodejs npm verilator yosys opensta iverilog qflow-tech-osu018) ;;
        bare) packages=(git mmdebstrap) ;;
        *) echo "install.sh: unknown group '$group', expected: test or bare" >&2; exit 2 ;;
    esac
done

# A tool that is on PATH already, from wherever, counts: nodejs of another source has no Debian npm.
have() {
    case "$1" in
        nodejs) command -v node >/dev/null && return 0 ;;
        npm) command -v npm >/dev/null && return 0 ;;
    esac
    dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'
}
missing=()
for package in "${packages[@]}"; do
    have "$package" || missing+=("$package")
done
[ "${#missing[@]}" -eq 0 ] && exit 0

sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo)
echo "Installing: ${missing[*]}" >&2
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" >/dev/null
