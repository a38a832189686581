"""`minsheng110 transcribe FILE…`: write recordings down; `transcribe backlog`: how far the worker is."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from hotline.cli.showing import as_json as json_option
from hotline.cli.showing import print_json, wired
from hotline.settings import load
from hotline.wiring import Wiring

_LOOKS_EVERY_SECONDS = 0.5


class FilesOrCommand(click.Group):
    """What is no command is a file: `transcribe a.wav b.wav`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        named = [word for word in args if not word.startswith("-")]
        if named and named[0] not in self.commands:
            args = ["files", *args]
        return super().parse_args(ctx, args)


@click.group(cls=FilesOrCommand, subcommand_metavar="FILE… | backlog")
def command() -> None:
    """Write recordings down with the model in use: FILE… [--model DIR] [--json].

    A recording is a WAV file: PCM, 8000 Hz, one channel, 16 bits. Each file that cannot be used is one line
    of error; the others are still done.
    """


@command.command("files", hidden=True)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--model", "model_dir", type=click.Path(path_type=Path), help="A model's folder.")
@json_option
def files(files: tuple[Path, ...], model_dir: Path | None, as_json: bool) -> None:
    """Write these recordings down, as many at once as there are cores."""
    from hotline.spoken_names import names

    settings = load()
    engine = _engine(model_dir or settings.model_dir, settings.cache_dir, chosen=model_dir is not None)
    one = partial(_one, engine=engine, names=names(settings))
    told, failed = [], 0
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for row in pool.map(one, files):
            failed += "error" in row
            told.append(row)
            if not as_json:
                _show(row)
    if as_json:
        print_json(told)
    sys.exit(1 if failed else 0)


def _engine(model_dir: Path | None, cache_dir: Path, *, chosen: bool) -> Any:
    """The loaded model. One named on the command line must work; another gives way to the embedded one."""
    from transcribe import models
    from transcribe.engine import EngineFault
    from transcribe.vosk_engine import VoskEngine

    try:
        if chosen and model_dir is not None:
            model = models.check(model_dir)
            models.try_out(model)
            return VoskEngine(model)
        found = models.find_working(model_dir, cache_dir, partial(click.echo, err=True))
        if found is None:
            raise EngineFault("there is no model: minsheng110 model install")
        return VoskEngine(found)
    except EngineFault as fault:
        raise click.ClickException(str(fault)) from fault


def _one(path: Path, engine: Any, names: Any) -> dict[str, Any]:
    """One file's words, or its one error."""
    from transcribe.engine import EngineFault
    from transcribe.transcript import NotAudio, write_down

    begun = time.monotonic()
    try:
        told = write_down(path, engine, names)
    except NotAudio as fault:
        return {"file": str(path), "error": str(fault)}
    except (EngineFault, OSError) as error:
        return {"file": str(path), "error": getattr(error, "strerror", None) or str(error)}
    return {
        "file": str(path),
        "text": told.text,
        "words": [word.as_dict() for word in told.words],
        "corrections": [asdict(each) for each in told.corrections],
        "seconds": told.seconds,
        "seconds_taken": round(time.monotonic() - begun, 3),
        "model": told.model,
    }


def _show(row: dict[str, Any]) -> None:
    if "error" in row:
        click.echo(f"{row['file']}: {row['error']}", err=True)
    else:
        click.echo(f"{row['file']}: {row['text'] or '(nothing was said)'}")


# ---------------------------------------------------------------- the worker's backlog


@command.command("backlog")
@click.option("--wait", is_flag=True, help="Stay until nothing waits any more.")
@json_option
def show_backlog(wait: bool, as_json: bool) -> None:
    """What waits to be written down. The worker does it; this rings for it, shows it and can wait."""
    with wired() as wiring:
        begun = wiring.now()
        _ring(wiring)
        if wait:
            _wait(wiring, begun, quiet=as_json)
        told = _state(wiring, begun)
    if as_json:
        print_json(told)
    else:
        click.echo(
            f"{told['waiting']} waiting, {told['running']} being written down "
            f"({told['seconds'] / 60:.1f} min of audio), {told['set_aside']} set aside"
        )


def _ring(wiring: Wiring) -> None:
    """Bells that were lost ring again; the sweep would do it a little later."""
    from cases import intake

    with wiring.reading() as unit:
        lost = intake.lost_bells(unit.session, wiring.now())
    rung = wiring.bell.ring(lost) if lost else []
    if rung:
        with wiring.unit_of_work() as unit:
            intake.mark_bell_rung(unit.session, rung, wiring.now())
            unit.commit()


def _state(wiring: Wiring, since: datetime) -> dict[str, Any]:
    """The backlog, and the time it will take at the pace since then (None: no pace yet)."""
    from cases.backlog import backlog, written_since

    with wiring.reading() as unit:
        left = backlog(unit.session)
        done, seconds = written_since(unit.session, since)
    passed = (wiring.now() - since).total_seconds()
    estimate = round(left.seconds / seconds * passed, 1) if seconds and left.left else None
    return {**asdict(left), "done": done, "estimate_seconds": 0.0 if not left.left else estimate}


def _wait(wiring: Wiring, begun: datetime, *, quiet: bool) -> None:
    from tqdm import tqdm

    states = _states(wiring, begun)
    first = next(states)
    with tqdm(
        total=first["seconds"], unit="s of audio", unit_scale=True, disable=None if not quiet else True
    ) as bar:
        for state in states:
            bar.total = max(bar.total or 0, bar.n + state["seconds"])
            bar.update(max(0.0, bar.total - state["seconds"] - bar.n))
            bar.set_postfix_str(f"{state['waiting'] + state['running']} recordings left")


def _states(wiring: Wiring, begun: datetime) -> Iterator[dict[str, Any]]:
    """A look now and again, until nothing is left."""
    while True:
        state = _state(wiring, begun)
        yield state
        if not state["waiting"] + state["running"]:
            return
        time.sleep(_LOOKS_EVERY_SECONDS)
