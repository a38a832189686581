"""Debian packages, unpacked into a private folder: no root, no chroot, nothing of the machine is touched.

apt-get resolves, fetches and verifies (with its own state, cache and source list, and an empty list of
installed packages, so that the closure is whole down to the C library); dpkg-deb unpacks. Programs then run
with the unpacked loader and libraries, so the machine's own release does not matter.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hotline.host import HostError, Progress

SUITES = ("forky", "sid")
"""Asterisk 22 came to Debian with these; the machine's own release (12, 13) has none."""
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MANIFEST = "complete.json"
RECIPE = 1
"""Raised when the way of unpacking changes, so that an older tree is fetched anew."""

_LOADERS = {
    "amd64": ("usr/lib64/ld-linux-x86-64.so.2", "x86_64-linux-gnu"),
    "arm64": ("usr/lib/ld-linux-aarch64.so.1", "aarch64-linux-gnu"),
}
_UNREAD = ("doc", "man", "locale", "info", "lintian", "perl", "perl5", "X11", "i18n", "gcc", "gdb", "bug")
_PATIENCE = (
    "-o",
    "Acquire::Retries=2",
    "-o",
    "Acquire::http::Timeout=30",
    "-o",
    "Acquire::https::Timeout=30",
)


@dataclass(frozen=True)
class Tree:
    """A folder with a closure of packages, and how a program in it is started."""

    root: Path
    loader: str
    triplet: str

    @property
    def libraries(self) -> Path:
        return self.root / "usr/lib" / self.triplet

    def argv(self, program: str) -> tuple[str, ...]:
        """How to start `program` (for example `usr/bin/espeak-ng`) with the tree's own libraries."""
        path = f"{self.libraries}:{self.libraries / 'pulseaudio'}"
        return (str(self.root / self.loader), "--library-path", path, str(self.root / program))


def tree_at(root: Path) -> Tree:
    """The tree in this folder, whether it is there yet or not.

    Raises HostError on a CPU that Debian's packages are not built for.
    """
    machine = os.uname().machine
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine)
    if architecture is None:
        raise HostError(
            f"no packages for this CPU ({machine}): install Asterisk 20 or newer, espeak-ng and redis-server "
            "yourself, so that they are on PATH"
        )
    loader, triplet = _LOADERS[architecture]
    return Tree(root, loader, triplet)


def complete(root: Path) -> bool:
    """Whether a whole tree of today's recipe stands there."""
    try:
        return bool(json.loads((root / MANIFEST).read_text("utf-8"))["recipe"] == RECIPE)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def fetch(root: Path, names: Sequence[str], needs: Sequence[str], progress: Progress, megabytes: int) -> Tree:
    """Put the closure of `names` into `root`, whole or not at all; at once when it is there.

    `needs` are paths that must exist afterwards, `megabytes` the room it takes on the way.
    Raises HostError with the remedy.
    """
    tree = tree_at(root)
    if complete(root):
        return tree
    root.parent.mkdir(parents=True, exist_ok=True)
    with _only_one(root, progress):
        if not complete(root):
            for leftover in root.parent.glob(f".{root.name}-*"):  # of a fetch that was killed
                shutil.rmtree(leftover, ignore_errors=True)
            _check_machine(root.parent, names[0], megabytes)
            with tempfile.TemporaryDirectory(prefix=f".{root.name}-", dir=root.parent) as work:
                _fetch_into(Path(work), root, names, needs, progress)
    return tree


@contextmanager
def _only_one(root: Path, progress: Progress) -> Iterator[None]:
    """Two checkouts that start together fetch once."""
    with (root.parent / f"{root.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(f"{root.name}: another checkout is fetching it, waiting")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _check_machine(folder: Path, name: str, megabytes: int) -> None:
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise HostError(
                f"no {name} on PATH and no {tool} to fetch it with: install {name} (any Linux has it)"
            )
    if not KEYRING.exists():
        raise HostError(
            f"no {KEYRING} to verify packages with: install debian-archive-keyring, or {name} itself"
        )
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < megabytes:
        raise HostError(
            f"{folder} has {free} MB free and {name} needs {megabytes} MB: make room, "
            "or set MINSHENG110_CACHE_DIR"
        )


def _fetch_into(
    work: Path, root: Path, names: Sequence[str], needs: Sequence[str], progress: Progress
) -> None:
    label = root.name
    apt = _Apt(work, label)
    apt.choose_source(mirrors(), progress)
    files = apt.download(names, progress)
    new = work / "tree"
    new.mkdir()
    _unpack(files, new, label, progress)
    _prune(new)
    absent = [path for path in needs if not (new / path).exists()]
    if absent:
        raise HostError(f"{label}: the packages lack {absent[0]}: report it, with the mirror you use")
    manifest = {"recipe": RECIPE, "packages": sorted(file.stem for file in files)}
    (new / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
    if root.exists():
        root.rename(work / "old")
    new.rename(root)
    progress(f"{label}: ready in {root}")


def mirrors() -> list[str]:
    """The Debian mirrors this machine is set up with, in its own order."""
    targets = [
        "apt-get",
        "indextargets",
        "--no-release-info",
        "--format",
        "$(REPO_URI) $(RELEASE) $(COMPONENT)",
    ]
    listed = subprocess.run(targets, capture_output=True, text=True, check=False, env=_plain())
    found = []
    for line in listed.stdout.splitlines():
        uri, _, rest = line.partition(" ")
        release, _, component = rest.partition(" ")
        if component == "main" and "security" not in release and uri not in found:
            found.append(uri)
    if not found:
        raise HostError(
            "apt knows no Debian mirror: add one to /etc/apt/sources.list, or install Asterisk yourself"
        )
    return found


class _Apt:
    """apt-get with everything of its own under one folder."""

    def __init__(self, work: Path, label: str) -> None:
        self._label = label
        self._sources = work / "sources.list"
        self._archives = work / "cache" / "archives"
        status = work / "status"
        for folder in (work / "state/lists/partial", self._archives / "partial", work / "none"):
            folder.mkdir(parents=True)
        status.touch()
        options = {
            "Dir::State": work / "state",
            "Dir::State::status": status,
            "Dir::Cache": work / "cache",
            "Dir::Etc::sourcelist": self._sources,
            "Dir::Etc::sourceparts": work / "none",
            "Dir::Etc::preferences": work / "none/preferences",
            "Dir::Etc::preferencesparts": work / "none",
            # the folder is ours alone: apt's download user could not read it
            "APT::Sandbox::User": "",
            "APT::Install-Recommends": "false",
            "Acquire::Languages": "none",
        }
        self._options = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]

    def _command(self, *words: str) -> list[str]:
        return ["apt-get", *self._options, *_PATIENCE, *words]

    def choose_source(self, uris: Sequence[str], progress: Progress) -> None:
        """The first mirror and suite whose signed list can be had."""
        trouble = ""
        for uri in uris:
            for suite in SUITES:
                progress(f"{self._label}: asking the machine's Debian mirror for its list ({suite})")
                self._sources.write_text(f"deb [signed-by={KEYRING}] {uri} {suite} main\n", "utf-8")
                trouble = self._update(progress)
                if not trouble:
                    return
        raise HostError(
            f"no Debian mirror of this machine gave its list ({trouble}): check the network "
            f"and the proxy of apt, or install {self._label} yourself"
        )

    def _update(self, progress: Progress) -> str:
        """Fetch the list; returns the complaint, empty when it is there."""
        asked = self._run("update", "--error-on=any")
        if asked.returncode != 0 and "is expired" in asked.stderr:
            progress(f"{self._label}: the mirror's list is old; using it, for its signature is good")
            self._options += ["-o", "Acquire::Check-Valid-Until=false"]
            asked = self._run("update", "--error-on=any")
        return _first_complaint(asked.stderr) if asked.returncode != 0 else ""

    def download(self, names: Sequence[str], progress: Progress) -> list[Path]:
        """Fetch and verify the closure; returns the package files."""
        asked = self._run("install", "-qq", "-y", "--print-uris", *names)
        sizes = [int(size) for size in re.findall(r"^'.*' \S+ (\d+) ", asked.stdout, re.MULTILINE)]
        if asked.returncode != 0 or not sizes:
            raise HostError(
                f"{self._label}: the mirror cannot give it whole ({_first_complaint(asked.stderr)})"
            )
        progress(f"{self._label}: fetching {len(sizes)} packages, {sum(sizes) / 1e6:.0f} MB")
        self._download_counted(names, len(sizes), progress)
        files = sorted(self._archives.glob("*.deb"))
        if len(files) != len(sizes):
            raise HostError(f"{self._label}: {len(files)} of {len(sizes)} packages came: run it again")
        return files

    def _download_counted(self, names: Sequence[str], total: int, progress: Progress) -> None:
        command = self._command("install", "-q", "-y", "--download-only", *names)
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=_plain()
        ) as fetching:
            assert fetching.stdout is not None  # noqa: S101 - a pipe was asked for
            said, got = [], 0
            for line in fetching.stdout:
                said.append(line)
                got += line.startswith("Get:")
                if line.startswith("Get:") and got % 40 == 0:
                    progress(f"{self._label}: {got} of {total} packages")
        if fetching.returncode != 0:
            raise HostError(
                f"{self._label}: fetching broke off ({_first_complaint(''.join(said))}): "
                "check network and disk, and run it again"
            )

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._command(*words), capture_output=True, text=True, check=False, env=_plain()
        )


def _plain() -> dict[str, str]:
    """An environment in which apt speaks English and asks nothing."""
    return {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}


def _first_complaint(said: str) -> str:
    lines = sorted(line for line in said.splitlines() if line.startswith(("E: ", "W: ")))  # errors first
    return lines[0][3:203] if lines else "no reason given"


def _unpack(files: Sequence[Path], into: Path, label: str, progress: Progress) -> None:
    progress(f"{label}: unpacking {len(files)} packages")
    for file in files:
        done = subprocess.run(["dpkg-deb", "-x", file, into], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            reason = done.stderr.strip().splitlines()
            raise HostError(
                f"{label}: cannot unpack {file.name} ({reason[-1] if reason else 'no reason given'}): "
                f"check the room in {into.parent.parent}"
            )


def _prune(root: Path) -> None:
    """What no program of ours ever reads: manuals, translations, Perl."""
    for name in _UNREAD:
        shutil.rmtree(root / "usr/share" / name, ignore_errors=True)
    for perl in root.glob("usr/lib/*/perl*"):
        shutil.rmtree(perl, ignore_errors=True)
