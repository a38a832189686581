"""Where a model is, and whether it is whole. Nothing is loaded here."""

from __future__ import annotations

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


@dataclass(frozen=True)
class Model:
    """A whole model's folder. `rate`: the samples a second it was trained with."""

    name: str
    path: Path
    rate: int
    upsamples: bool
    """Whether it takes 8000 Hz by itself."""


def find(model_dir: Path | None, cache_dir: Path) -> Model | None:
    """The model to use: `model_dir`, else the newest installed one, else the embedded one, else None.

    Raises EngineFault naming the missing file when the chosen one is not whole.
    """
    if model_dir is not None:
        return check(model_dir)
    installed = sorted(
        (path for path in models_dir(cache_dir).glob("*") if (path / "am").is_dir()),
        key=lambda path: path.stat().st_mtime,
    )
    if installed:
        return check(installed[-1])
    return check(EMBEDDED) if EMBEDDED.is_dir() else None


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
        upsamples=features.get("--allow-upsample") == "true",
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
