#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From a bare Debian 12 to all tests of the release build. Arguments go to ctest (-R NAME, -j 4, ..);
# with --build-only, nothing is tested yet.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install.sh test
cmake --preset release >/dev/null
cmake --build --preset release
[ "${1:-}" = --build-only ] || ctest --preset release -j "$(nproc)" "$@"
