#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs a shell command in a bare Debian 12 where nothing else was installed, in a clean clone of this
# repository whose path has a space in it. Needs root and mmdebstrap. The system is deleted
# afterwards.
#   scripts/bare.sh 'scripts/demo.sh && scripts/test.sh'
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$#" -eq 1 ] || { sed -n 's/^# //; 3,6p' "$0" >&2; exit 2; }

system=$(mktemp -d)
trap 'rm -rf --one-file-system "$system" "$system.apt"' EXIT

# Packages come from where this machine's come from, with its way to get there.
apt-get update -qq
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Codename: bookworm' | head -n 1)
apt-config dump | grep '^Acquire::' >"$system.apt"
mmdebstrap --quiet --variant=minbase --aptopt="$system.apt" bookworm "$system" ${mirror:+"$mirror"}
cp -L /etc/resolv.conf /etc/hosts "$system/etc/"
mkdir -p "$system/usr/local/share/ca-certificates"
cp -r /usr/local/share/ca-certificates/. "$system/usr/local/share/ca-certificates/"

folder="/root/a clean clone"
git clone --quiet --no-hardlinks . "$system$folder"

# The mounts end with the namespace, whatever the command does.
unshare --mount bash -euc '
    mount --rbind /dev "$1/dev"
    mount -t proc proc "$1/proc"
    mount -t sysfs sysfs "$1/sys"
    exec chroot "$1" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 CI="${CI:-}" \
        NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
        npm_config_cafile=/etc/ssl/certs/ca-certificates.crt \
        bash -euc "cd \"\$0\" && eval \"\$1\"" "$2" "$3"
' bare "$system" "$folder" "$1"
