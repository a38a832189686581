"""`minsheng110 router …`: sort texts, find places, train, try and improve what sorts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from hotline.cli.router_lines import json_lines
from hotline.cli.showing import as_json as json_option
from hotline.cli.showing import print_json
from hotline.settings import Settings, load
from router.city_file import CityFileError
from router.examples import ExamplesError
from router.model import Model, ModelError

_CSV = click.argument("csv", type=click.Path(dir_okay=False, path_type=Path))
_ALONE = click.option("--alone", is_flag=True, help="Learn without what the city's own model knows.")
_MODEL = click.option("--model", type=click.Path(file_okay=False, path_type=Path))


@click.group()
def command() -> None:
    """Which matter, where, whose. Nothing leaves this machine."""


@command.command("decide")
@click.argument("text", required=False)
@click.option("--caller", default="", help="The caller's number.")
@click.option("--lines", type=click.Path(dir_okay=False, allow_dash=True), help="A file with a text a line.")
@json_option
def run_decide(text: str | None, caller: str, lines: str | None, as_json: bool) -> None:
    """Decide on TEXT, or on every line of a file (`-`: standard input): a line in, a line out."""
    if (text is None) == (lines is None):
        raise click.UsageError("give either TEXT or --lines FILE")
    with _errors():
        decide = _decider(load())
        if lines and as_json:
            for line in json_lines(decide, _lines(lines), caller, whole=lines != "-"):
                sys.stdout.write(line)
        for each in [] if lines and as_json else _lines(lines) if lines else [_clean(str(text))]:
            (print_json if as_json else _told)(decide(each, caller))


@command.command()
@click.argument("text")
@json_option
def place(text: str, as_json: bool) -> None:
    """Township, community, road, number and landmark in TEXT."""
    from hotline.city import file_of
    from router.city_file import load as load_city
    from router.place import PlaceFinder

    with _errors():
        found = PlaceFinder(load_city(file_of(load()))).find(_clean(text)).to_json()
    if as_json:
        print_json(found)
    else:
        click.echo(_place(found) or "no place found")


@command.command()
@_CSV
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="The model.")
@_ALONE
def train(csv: Path, out: Path, alone: bool) -> None:
    """Learn from a CSV with the columns text,label and write the model into a folder."""
    from router.examples import from_csv, need_two_labels
    from router.learn import train as learn
    from router.ready import save

    with _errors():
        examples = from_csv(csv)
        need_two_labels(csv, examples)
        _can_be_a_model(out)
        model = learn(examples, _progress, None if alone else _city_model())
        save(model, out.absolute())
    click.echo(f"{out}: a model of {len(model.labels)} labels, learned from {len(examples)} texts")


@command.command()
@_CSV
@_MODEL
@click.option("--folds", type=click.IntRange(2, 20), help="Learn from parts of the CSV and guess the others.")
@_ALONE
@json_option
def evaluate(csv: Path, model: Path | None, folds: int | None, alone: bool, as_json: bool) -> None:
    """How a model does on a CSV with the columns text,label; or, with --folds, how the learner does."""
    from router.examples import from_csv, need_two_labels
    from router.trial import cross_validate
    from router.trial import evaluate as try_on

    if (model is None) == (folds is None):
        raise click.UsageError("give either --model DIR or --folds N")
    with _errors():
        examples = from_csv(csv)
        if model is not None:
            report = try_on(Model.load(model), examples)
        else:
            need_two_labels(csv, examples)
            report = cross_validate(examples, folds or 0, _progress, None if alone else _city_model())
    if as_json:
        print_json(report.to_json())
        return
    for label, each in report.per_class.items():
        click.echo(f"{label}: F1 {each['f1']:.3f}, {each['texts']} texts")
    click.echo(
        f"macro-F1 {report.macro_f1:.4f}, calibration error {report.calibration_error:.4f}, "
        f"{report.texts_per_second:.0f} texts a second"
    )


@command.command()
@click.option("--cases", type=click.Path(dir_okay=False, path_type=Path), help="A CSV of closed cases, too.")
@json_option
def learn(cases: Path | None, as_json: bool) -> None:
    """Learn again from the city's examples and what dispatchers corrected; switch if it is not worse."""
    from hotline.city import file_of
    from hotline.wiring import build
    from router.examples import from_csv
    from router.relearn import relearn

    settings = load()
    wiring = build(settings)
    try:
        with _errors():
            corrections = _corrections(wiring)
            closed = [(each.text, each.label) for each in from_csv(cases)] if cases else []
            found = relearn(file_of(settings), settings.router_dir, [*closed, *corrections], _progress)
    finally:
        wiring.close()
    if as_json:
        print_json(found.to_json())
        return
    unknown = f", {found.unknown} of matters that the city does not have" if found.unknown else ""
    click.echo(f"learned from {found.corrections} corrections{unknown}")
    click.echo(f"{'switched' if found.switched else 'not switched'}: {found.why}")


def _corrections(wiring: Any) -> list[tuple[str, str]]:
    from cases.corrections import examples

    with wiring.reading() as unit:
        return list(examples(unit.session))


# ---------------------------------------------------------------- helpers


@contextmanager
def _errors() -> Iterator[None]:
    """A file that is wrong ends the command with one clear line, never with a traceback."""
    try:
        yield
    except (CityFileError, ExamplesError, ModelError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from error


def _decider(settings: Settings) -> Callable[[str, str], Mapping[str, Any]]:
    from hotline.city import file_of
    from router.ready import Decider, make_model

    city_file = file_of(settings)
    try:
        make_model(city_file, settings.cache_dir, _progress)
    except OSError as error:
        _progress(f"{error.filename}: {error.strerror}; sorting by the city's words alone")
    return Decider(city_file, settings.cache_dir, settings.router_dir)


def _city_model() -> Model:
    """The city's own model, which others build on."""
    from hotline.city import file_of
    from router.ready import make_model

    settings = load()
    return Model.load(make_model(file_of(settings), settings.cache_dir, _progress))


def _lines(path: str) -> Iterator[str]:
    """The file's lines; bytes that are no UTF-8 become a sign for it, and empty lines count."""
    with click.open_file(path, "rb") as file:
        for line in file:
            yield line.decode("utf-8", "replace").rstrip("\r\n")


def _clean(text: str) -> str:
    """Bytes of the command line that are no UTF-8 cannot be printed again."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _can_be_a_model(folder: Path) -> None:
    """A folder of other things is not overwritten."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "model.json").exists():
        raise click.ClickException(f"{folder}: holds other things; name a new folder for the model")


def _progress(line: str) -> None:
    click.echo(line, err=True)


def _told(decision: Mapping[str, Any]) -> None:
    matter = " / ".join(decision["matter_path"]) or "not understood"
    click.echo(f"matter: {matter} ({decision['probability']:.0%}{', unsure' if decision['unsure'] else ''})")
    if decision["unsure"]:
        others = (f"{each['matter']} {each['probability']:.0%}" for each in decision["guesses"])
        click.echo(f"guesses: {', '.join(others) or '-'}")
    click.echo(f"kind: {decision['kind'] or '-'}; priority: {decision['priority']}")
    units = ", ".join([decision["unit"] or "dispatcher", *decision["co_units"]])
    click.echo(f"unit: {units}{'; back to 110' if decision['to_110'] else ''}")
    click.echo(f"place: {_place(decision['place']) or '-'}")
    for reason in decision["reasons"]:
        click.echo(f"  “{reason['text']}” {reason['why']}")


def _place(found: Mapping[str, Any]) -> str:
    told = " ".join(found[key] for key in ("township", "community", "road", "number", "poi") if found[key])
    return told + (f" ({' or '.join(found['ambiguous'])}?)" if found["ambiguous"] else "")
