# SPDX-License-Identifier: Apache-2.0
"""Installs the pinned onnxruntime-node of package.json into a build folder, once."""
import fcntl
import os
import shutil
import subprocess

_PACKAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "package.json")


class Unavailable(Exception):
    """node, npm or the package is not to be had here."""


def install(folder):
    """Returns `folder`, whose node_modules then holds onnxruntime-node. Safe in parallel."""
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            raise Unavailable(f"no {tool}")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_installed(folder):
            _install(folder)
    return folder


def _is_installed(folder):
    """installed.json is written last: it says that the installation is whole."""
    try:
        with open(os.path.join(folder, "installed.json"), "rb") as ours:
            with open(_PACKAGE, "rb") as pinned:
                return ours.read() == pinned.read()
    except OSError:
        return False


def _install(folder):
    shutil.copyfile(_PACKAGE, os.path.join(folder, "package.json"))
    # Scripts would fetch GPU libraries; the CPU's come in the package.
    command = ["npm", "install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Unavailable("npm cannot install onnxruntime-node: " +
                          " | ".join(result.stderr.strip().splitlines()[-2:]))
    shutil.copyfile(_PACKAGE, os.path.join(folder, "installed.json"))
