#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From a bare Debian 12 to the main job: one trained network on two datapaths, side by side. Builds
# the program alone; arguments go to `systole compare`.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install.sh
# A build folder that has the tests as well keeps them.
[ -f build/release/build.ninja ] || cmake --preset product >/dev/null
cmake --build --preset product
build/release/systole compare configs/accelerators/edge-16x16.yaml \
    traces/resnet8_fmnist/workload.yaml --formats int8,e4m3 "$@"
