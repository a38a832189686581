"""Where a model is, and whether it is whole and loads. Nothing is loaded into this process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from transcribe.engine import EngineFault

EMBEDDED = Path(__file__).parent / "embedded"
"""The project's own small model: it understands the synthetic caller, not people."""
EMBEDDED_NAME = "embedded"

_NEEDED = ("am/final.mdl", "conf/model.conf", "conf/mfcc.conf")
_STATIC_GRAPH = ("graph/HCLG.fst", "graph/words.txt")
_GRAMMAR_GRAPH = ("graph/HCLr.fst", "graph/Gr.fst", "graph/disambig_tid.int")
_DEFAULT_RATE = 16000
_CURRENT = "current"
"""The file beside the models that names the one in use."""
_LOADS_WITHIN_SECONDS = 180.0


@dataclass(frozen=True)
class Model:
    """A whole model's folder. `rate`: the samples a second it was trained with."""

    name: str
    path: Path
    rate: int


def find(model_dir: Path | None, cache_dir: Path) -> Model | None:
    """The model to use: `model_dir`, else the installed one in use, else the embedded one, else None.

    Raises EngineFault naming the missing file when the chosen one is not whole.
    """
    chosen = model_dir or in_use(cache_dir)
    if chosen is not None:
        return check(chosen)
    return check(EMBEDDED) if EMBEDDED.is_dir() else None


def find_working(model_dir: Path | None, cache_dir: Path, complain: Callable[[str], object]) -> Model | None:
    """The model to use, tried out; where the chosen one is broken, the embedded one serves.

    `complain` is told once what is wrong with the chosen one, in one line. None: there is no model at all.
    """
    try:
        model = find(model_dir, cache_dir)
        if model is not None and model.path != EMBEDDED:
            try_out(model)
        return model
    except EngineFault as fault:
        complain(f"{fault}; the embedded model serves")
    return check(EMBEDDED) if EMBEDDED.is_dir() else None


def try_out(model: Model) -> None:
    """Load it in a process of its own and let it hear a moment of silence: a broken model kills its process.

    Raises EngineFault.
    """
    command = [sys.executable, "-m", "transcribe.trial", str(model.path)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_LOADS_WITHIN_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise EngineFault(
            f"model {model.name}: it does not load within {_LOADS_WITHIN_SECONDS:.0f} s"
        ) from None
    if done.returncode < 0:
        raise EngineFault(
            f"model {model.name}: it kills its process (signal {-done.returncode}) when it loads"
        )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"model {model.name}: it does not load"])[-1]
        raise EngineFault(said)


def installed(cache_dir: Path) -> list[Path]:
    """The folders of installed models, whole or not, oldest first."""
    folders = (path for path in models_dir(cache_dir).glob("[!.]*") if path.is_dir())
    return sorted(folders, key=lambda path: (path.stat().st_mtime, path.name))


def in_use(cache_dir: Path) -> Path | None:
    """The installed model that is in use: the named one, else the newest."""
    there = installed(cache_dir)
    try:
        name = (models_dir(cache_dir) / _CURRENT).read_text("utf-8").strip()
    except OSError:
        name = ""
    named = [path for path in there if path.name == name]
    return named[0] if named else (there[-1] if there else None)


def use(cache_dir: Path, name: str) -> None:
    """From now on this installed model; who reads meanwhile sees the old name or the new one."""
    pointer = models_dir(cache_dir) / _CURRENT
    draft = pointer.with_name(f".{_CURRENT}")
    draft.write_text(name, "utf-8")
    draft.replace(pointer)


def models_dir(cache_dir: Path) -> Path:
    return cache_dir / "models"


def check(path: Path) -> Model:
    """The model in this folder. Raises EngineFault naming the first file that is missing or empty.

    libvosk itself would only say "Failed to create a model".
    """
    if not path.is_dir():
        raise EngineFault(f"model {path.name}: there is no folder {path}")
    graph = _GRAMMAR_GRAPH if (path / _GRAMMAR_GRAPH[0]).exists() else _STATIC_GRAPH
    for name in (*_NEEDED, *graph):
        file = path / name
        if not file.is_file():
            raise EngineFault(f"model {path.name}: {name} is missing; install the model again")
        if file.stat().st_size == 0:
            raise EngineFault(f"model {path.name}: {name} is empty; install the model again")
    features = _options(path / "conf/mfcc.conf")
    return Model(
        name=EMBEDDED_NAME if path == EMBEDDED else path.name,
        path=path,
        rate=_rate(path, features),
    )


def _rate(path: Path, features: dict[str, str]) -> int:
    said = features.get("--sample-frequency", str(_DEFAULT_RATE))
    try:
        return int(float(said))
    except ValueError:
        raise EngineFault(f"model {path.name}: conf/mfcc.conf has no rate in {said!r}") from None


def _options(path: Path) -> dict[str, str]:
    lines = path.read_text("utf-8", errors="replace").splitlines()
    pairs = (line.strip().partition("=") for line in lines)
    return {name: value for name, _, value in pairs}
