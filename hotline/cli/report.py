"""`minsheng110 report`: the nightly report and its longer sisters, and Asterisk's records against ours."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click

from cases import reporting
from cases.errors import MoveRefused
from cases.figures import HEADLINES
from cases.report_days import ReportKind, today
from cases.reporting import Made
from hotline.cli.moments import DAY
from hotline.cli.showing import as_json as json_option
from hotline.cli.showing import print_json, table, wired

_WRONG = 2
"""The exit code for a day that no report can be of."""
_FILE = click.Path(dir_okay=False, path_type=Path)
_DATE = click.option("--date", "day", required=True, type=DAY, help="A day of the city: 2026-11-24.")


@click.group()
def command() -> None:
    """The nightly report of a day of the city, and of weeks, months and years."""


def _of(kind: ReportKind) -> click.Command:
    @click.command(kind.value, help=f"The {kind} report of the day: the kept one, or made now.")
    @_DATE
    @click.option("--again", is_flag=True, help="Read anew; what differs is kept as a corrected version.")
    @click.option("--xlsx", type=_FILE, help="Write a workbook with charts.")
    @click.option("--html", type=_FILE, help="Write a page in one file.")
    @json_option
    def one(day: date, again: bool, xlsx: Path | None, html: Path | None, as_json: bool) -> None:
        from hotline.reports import report

        with wired() as wiring, _refusals():
            made = report(wiring, kind, day, wiring.now(), again=again)
        if xlsx is not None:
            _save(xlsx, made, _xlsx)
        if html is not None:
            _save(html, made, _html)
        if as_json:
            print_json(made.to_json())
        elif xlsx is None and html is None:
            _page(made)

    return one


for _kind in ReportKind:
    command.add_command(_of(_kind))


@command.command("list")
@click.option("--kind", type=click.Choice([each.value for each in ReportKind]))
@click.option("--limit", default=100, type=click.IntRange(1, 100_000), show_default=True)
@json_option
def listed(kind: str | None, limit: int, as_json: bool) -> None:
    """Every version that was made, the newest day first."""
    with wired() as wiring:
        with wiring.reading() as work:
            rows = reporting.listed(work.session, ReportKind(kind) if kind else None, limit)
        zone = wiring.rules.zone
    if as_json:
        print_json(rows)
        return
    columns = ("kind", "date", "version", "late", "made_at", "made_by", "corrects", "digest")
    table({name: name for name in columns}, [{**row, "digest": row["digest"][:12]} for row in rows], zone)


@command.command("send")
@click.option("--date", "day", type=DAY, help="A day of the city; unset: yesterday.")
@click.option("--to", help="A role of report_mail_to, or an address; unset: every role.")
@click.option(
    "--kind", default="nightly", show_default=True, type=click.Choice([each.value for each in ReportKind])
)
@json_option
def send(day: date | None, to: str | None, kind: str, as_json: bool) -> None:
    """Mail a report that is over: once to each address, however often it is asked for.

    Exit code 1 when it did not reach the server for some address; it is then tried again by itself.
    """
    from hotline.report_mail import addresses
    from hotline.report_mail import send as mail
    from hotline.reports import report

    with wired() as wiring, _refusals():
        now, rules = wiring.now(), wiring.rules
        listed = addresses(wiring.settings, to)
        chosen = day or today(now, rules.zone, rules.reports) - timedelta(days=1)
        made = report(wiring, ReportKind(kind), chosen, now)
        if not made.version:
            raise click.ClickException(f"the {kind} report of {made.date} is not over yet: nothing was sent")
        rows = mail(wiring, made, listed, now)
    if as_json:
        print_json({"date": made.date.isoformat(), "kind": made.kind, "version": made.version, "mails": rows})
    else:
        table({name: name for name in ("to", "state", "tries", "next_at", "problem")}, rows, rules.zone)
    left = [each for each in rows if each["state"] != "sent"]
    if left:
        click.echo(f"minsheng110: {len(left)} of {len(rows)} mails were not sent", err=True)
        sys.exit(1)


@command.command()
@_DATE
@json_option
def reconcile(day: date, as_json: bool) -> None:
    """Asterisk's own records against the call rows: calls that only one side knows."""
    from hotline.reconcile import reconcile as compare

    with wired() as wiring, _refusals():
        now, rules = wiring.now(), wiring.rules
        found = compare(wiring, reporting.wanted(ReportKind.NIGHTLY, day, now, rules))
    if as_json:
        print_json(found)
        return
    for heading in ("asterisk", "rows", "both"):
        click.echo(f"{found[heading]:>8}  {_HEADINGS[heading]}")
    for side in ("only_asterisk", "only_rows"):
        click.echo(f"{len(found[side]):>8}  {_HEADINGS[side]}")
        for each in found[side]:
            click.echo(f"          {each['linked_id']}")
    if not found["records"]:
        click.echo("minsheng110: Asterisk has kept no records in this run folder", err=True)


_HEADINGS = {
    "asterisk": "calls in Asterisk's records",
    "rows": "call rows that came over Asterisk",
    "both": "known to both",
    "only_asterisk": "known to Asterisk alone",
    "only_rows": "known to the call rows alone",
}


@contextmanager
def _refusals() -> Iterator[None]:
    """A day that no report can be of is wrong usage."""
    try:
        yield
    except MoveRefused as error:
        click.echo(f"minsheng110: {error}", err=True)
        sys.exit(_WRONG)


def _save(path: Path, made: Made, write: Callable[[Made, Path], None]) -> None:
    from hotline.reports import write_whole

    try:
        write_whole(path, lambda draft: write(made, draft))
    except OSError as error:
        raise click.ClickException(f"{path} was not written: {error.strerror or error}") from error


def _xlsx(made: Made, path: Path) -> None:
    from hotline.report_xlsx import write_xlsx

    write_xlsx(made, path)


def _html(made: Made, path: Path) -> None:
    from hotline.report_html import html_of

    path.write_text(html_of(made), "utf-8")


def _page(made: Made) -> None:
    said = made.figures
    marks = [f"version {made.version}" if made.version else "so far, kept nowhere"]
    marks += ["late"] if made.late else []
    click.echo(f"{made.kind} report of {made.date} ({', '.join(marks)}), digest {made.digest[:12]}")
    click.echo(said["changes_sentence"])
    rows: list[dict[str, Any]] = [
        {"figure": name, "name": title, "value": said[name], "usual": said["usual"].get(name)}
        for name, title in HEADLINES.items()
    ]
    table({"figure": "figure", "name": "", "value": "value", "usual": "usual"}, rows)
