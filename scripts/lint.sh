#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clang-format and clang-tidy over the project's own sources, or over the files named.
#   scripts/lint.sh [FILE..]
set -euo pipefail
cd "$(dirname "$0")/.."

files=("$@")
if [ "${#files[@]}" -eq 0 ]; then
    mapfile -t files < <(git ls-files '*.cpp' '*.hpp')
fi
clang-format --dry-run --Werror "${files[@]}"
cmake --preset tidy >/dev/null
printf '%s\n' "${files[@]}" | grep -E '^(models|arch|sim)/.*\.cpp$' |
    xargs --no-run-if-empty -P "$(nproc)" -n 4 clang-tidy -p build/tidy --quiet
