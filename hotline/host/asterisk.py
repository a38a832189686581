"""Asterisk: the machine's own when it is on PATH, else Debian's packages unpacked into the cache folder."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hotline.host import HostError, Progress, silent
from hotline.host.packages import Tree, complete, fetch, tree_at

OLDEST = 20
PACKAGES = ("asterisk", "asterisk-core-sounds-en-wav")
ROOM_MB = 700
_DATA = "usr/share/asterisk"
_SPEAKER = "en_US_f_Allison"


@dataclass(frozen=True)
class AsteriskLayout:
    """Where an Asterisk stands and how it is started."""

    argv: tuple[str, ...]
    """The words that start it; options follow."""
    modules: Path
    data: Path
    sounds: Path
    version: str

    def command(self, conf: Path, *more: str) -> list[str]:
        """`argv` with the configuration file (made absolute: Asterisk ignores a relative one) and options."""
        return [*self.argv, "-C", str(conf.absolute()), *more]


def find(cache_dir: Path) -> AsteriskLayout | None:
    """The Asterisk that is here already, or None. Fetches nothing."""
    on_path = shutil.which("asterisk") or shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin")
    if on_path:
        return _of_the_machine(Path(on_path))
    root = cache_dir / "asterisk"
    return _unpacked(tree_at(root)) if complete(root) else None


def find_or_fetch(cache_dir: Path, progress: Progress = silent) -> AsteriskLayout:
    """An Asterisk that runs.

    Raises HostError, one line with the remedy, when there is none and none can be had.
    """
    found = find(cache_dir)
    if found is not None:
        return found
    root = cache_dir / "asterisk"
    modules = f"usr/lib/{tree_at(root).triplet}/asterisk/modules"
    needs = (
        "usr/sbin/asterisk",
        tree_at(root).loader,
        *(
            f"{modules}/{name}.so"
            for name in ("res_pjsip", "app_queue", "res_agi", "codec_alaw", "app_mixmonitor")
        ),
        f"{_DATA}/documentation/core-en_US.xml",  # without it the loader refuses half of the modules
        f"{_DATA}/sounds/{_SPEAKER}/beep.wav",
    )
    return _unpacked(fetch(root, PACKAGES, needs, progress, ROOM_MB))


def _unpacked(tree: Tree) -> AsteriskLayout:
    sounds = tree.root / _DATA / "sounds"
    _link_language(sounds)
    argv = tree.argv("usr/sbin/asterisk")
    return AsteriskLayout(
        argv=argv,
        modules=tree.libraries / "asterisk/modules",
        data=tree.root / _DATA,
        sounds=sounds,
        version=_version(argv),
    )


def _link_language(sounds: Path) -> None:
    """What the package's own installer does by update-alternatives: `en` is that speaker's folder."""
    if not (sounds / "en").exists():
        (sounds / "en").unlink(missing_ok=True)
        (sounds / "en").symlink_to(_SPEAKER)


def _of_the_machine(program: Path) -> AsteriskLayout:
    argv = (str(program),)
    version = _version(argv)
    if int(version.split(".")[0]) < OLDEST:
        raise HostError(f"{program} is Asterisk {version}: install {OLDEST} or newer, or take it off PATH")
    data = _first_existing(
        "its data folder", "/usr/share/asterisk", "/var/lib/asterisk", "/usr/local/share/asterisk"
    )
    modules = _modules_folder(program)
    return AsteriskLayout(argv=argv, modules=modules, data=data, sounds=data / "sounds", version=version)


def _modules_folder(program: Path) -> Path:
    prefix = program.resolve().parent.parent
    for pattern in ("lib/*/asterisk/modules", "lib/asterisk/modules", "lib64/asterisk/modules"):
        for base in (prefix, Path("/usr"), Path("/usr/local")):
            found = [folder for folder in sorted(base.glob(pattern)) if (folder / "res_pjsip.so").exists()]
            if found:
                return found[0]
    raise HostError(f"{program} has no res_pjsip.so in any modules folder: install its PJSIP modules")


def _first_existing(what: str, *candidates: str) -> Path:
    for candidate in candidates:
        if (Path(candidate) / "documentation").is_dir():
            return Path(candidate)
    raise HostError(
        f"Asterisk is on PATH and {what} (with documentation/) is not found: install its documentation"
    )


def _version(argv: tuple[str, ...]) -> str:
    try:
        said = subprocess.run([*argv, "-V"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HostError(f"{argv[-1]} does not start ({error}): delete it, and run it again") from error
    match = re.search(r"Asterisk (?:certified/)?(\d+[\d.]*)", said.stdout)
    if match is None:
        raise HostError(
            f"{argv[-1]} does not start ({said.stderr.strip()[:200]}): delete its folder, run it again"
        )
    return match[1].rstrip(".")
