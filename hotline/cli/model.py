"""`minsheng110 model …`: the recogniser's models."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from hotline.cli.showing import as_json as json_option
from hotline.cli.showing import print_json, table
from hotline.settings import load

_COLUMNS = {"name": "model", "rate": "Hz", "megabytes": "MB", "in_use": "in use", "problem": "problem"}


@click.group()
def command() -> None:
    """Install, list and try models; add words to one."""


@command.command()
@click.argument("source", required=False, metavar="[PATH|URL]")
@click.option("--sha256", help="What the file's checksum must be.")
def install(source: str | None, sha256: str | None) -> None:
    """Install a model and use it: a folder, a zip file, or a URL.

    Without one: the small Mandarin model of vosk's publisher, for citizens' speech (42 MB).
    """
    from tqdm import tqdm

    from transcribe.engine import EngineFault
    from transcribe.install import DEFAULT_URL
    from transcribe.install import install as install_model

    with tqdm(unit="B", unit_scale=True, disable=None, leave=False) as bar:

        def tell(done: int, whole: int) -> None:
            bar.total = whole or None
            bar.update(done - bar.n)

        try:
            model = install_model(source or DEFAULT_URL, load().cache_dir, sha256=sha256, tell=tell)
        except EngineFault as fault:
            raise click.ClickException(str(fault)) from fault
    click.echo(
        f"{model.name} is installed in {model.path} and in use; a running worker takes it when restarted"
    )


@command.command("list")
@json_option
def list_models(as_json: bool) -> None:
    """The models that are here; the one in use is marked."""
    settings = load()
    rows = _rows(settings.model_dir, settings.cache_dir)
    if as_json:
        print_json(rows)
    else:
        table(_COLUMNS, [{**row, "in_use": "*" if row["in_use"] else None} for row in rows])


def _rows(model_dir: Path | None, cache_dir: Path) -> list[dict[str, Any]]:
    from transcribe import models

    chosen = model_dir or models.in_use(cache_dir)
    folders = [models.EMBEDDED, *models.installed(cache_dir)]
    if model_dir is not None and model_dir not in folders:
        folders.append(model_dir)
    rows = [_row(folder, chosen or models.EMBEDDED) for folder in folders]
    if not any(row["in_use"] for row in rows):
        # The chosen one is broken: the embedded one serves.
        rows[0]["in_use"] = rows[0]["problem"] is None
    return rows


def _row(folder: Path, chosen: Path) -> dict[str, Any]:
    from transcribe import models
    from transcribe.engine import EngineFault

    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    row = {"name": folder.name, "path": str(folder), "megabytes": round(size / 1e6, 1)}
    try:
        model = models.check(folder)
    except EngineFault as fault:
        return {**row, "rate": None, "in_use": False, "problem": str(fault)}
    return {**row, "name": model.name, "rate": model.rate, "in_use": folder == chosen, "problem": None}


@command.command("test")
@click.argument("wav", type=click.Path(path_type=Path))
@click.option("--model", "model_dir", type=click.Path(path_type=Path), help="A model's folder.")
@json_option
def test_model(wav: Path, model_dir: Path | None, as_json: bool) -> None:
    """Write one recording down with the model in use, and say how long it took."""
    from transcribe import models
    from transcribe.engine import EngineFault
    from transcribe.transcript import NotAudio, write_down
    from transcribe.vosk_engine import VoskEngine

    settings = load()
    try:
        model = models.find(model_dir or settings.model_dir, settings.cache_dir)
        if model is None:
            raise EngineFault("there is no model: minsheng110 model install")
        models.try_out(model)
        begun = time.monotonic()
        engine = VoskEngine(model)
        loaded = time.monotonic()
        told = write_down(wav, engine)
    except (EngineFault, NotAudio) as fault:
        named = f"{wav}: {fault}" if isinstance(fault, NotAudio) else str(fault)
        raise click.ClickException(named) from fault
    took = time.monotonic() - loaded
    facts = {
        "model": told.model,
        "text": told.text,
        "words": [word.as_dict() for word in told.words],
        "seconds": told.seconds,
        "load_seconds": round(loaded - begun, 3),
        "seconds_taken": round(took, 3),
    }
    if as_json:
        print_json(facts)
    else:
        click.echo(f"{told.model}: {told.text or '(nothing was said)'}")
        click.echo(f"{told.seconds:.1f} s of audio in {took:.2f} s; loaded in {loaded - begun:.2f} s")


@command.command("add-words")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--model", "model_dir", type=click.Path(path_type=Path), help="A model's folder.")
def add_words(file: Path, model_dir: Path | None) -> None:
    """Make a copy of the model in use that knows these words too, and use it.

    FILE: one word a line, with its pinyin where it is read unusually: 晒口 shai4 kou3. Nothing is trained.
    """
    from transcribe import models
    from transcribe.add_words import add_words as enlarge
    from transcribe.add_words import parse
    from transcribe.engine import EngineFault

    settings = load()
    try:
        words = parse(file.read_text("utf-8"))
        model = models.find(model_dir or settings.model_dir, settings.cache_dir)
        if model is None:
            raise EngineFault("there is no model: minsheng110 model install")
        made, new = enlarge(words, model, settings.cache_dir)
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file}: this is no UTF-8 text") from error
    except EngineFault as fault:
        raise click.ClickException(str(fault)) from fault
    click.echo(f"{len(new)} words added, {len(words) - len(new)} were known; {made.name} is in use")
