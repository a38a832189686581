"""`minsheng110 fees …`: what market services cost, who pays, and the months' statements."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cases import fees, money, prices, statements
from cases.assessing import best_of_year, rewards_json
from cases.moving import actor_named
from hotline.city import household_kinds
from hotline.cli.households import COMMAND_LINE
from hotline.cli.moves import as_user
from hotline.cli.refusing import content, refusals
from hotline.cli.showing import as_json as json_option
from hotline.cli.showing import print_json, table, wired

_XLSX = click.option("--xlsx", type=click.Path(dir_okay=False, path_type=Path), help="Write a workbook here.")
_MONTH = click.option("--month", required=True, metavar="MONTH", help="2026-11, in city time.")
_FIRMS = {"code": "firm", "name": "name", "jobs": "jobs", "price": "price", "citizen": "citizens pay",
          "government": "government pays"}  # fmt: skip
_FEES = {"firm": "firm", "state": "state", "service": "service", "quantity": "quantity", "price": "price",
         "citizen": "citizen pays", "government": "government pays", "claim": "claim"}  # fmt: skip
_PRICES = {"trade": "trade", "service": "service", "name": "name", "per": "per", "reference": "reference",
           "valid_from": "from", "valid_until": "until", "sample": "sample"}  # fmt: skip
_BEST = {"code": "firm", "name": "name", "jobs": "jobs", "rating": "rating", "fees": "fees",
         "reward": "reward"}  # fmt: skip


@click.group()
def command() -> None:
    """Prices, fees and statements of market services. Amounts in JSON are whole fen."""


@command.command()
@_MONTH
@_XLSX
@json_option
def statement(month: str, xlsx: Path | None, as_json: bool) -> None:
    """What each firm earned in MONTH, and what the government pays. With --xlsx its version is kept."""
    with wired() as wiring, refusals(as_json):
        now, rules = wiring.now(), wiring.rules
        if xlsx is None:
            with wiring.reading() as unit:
                found = statements.statement(unit.session, month, now, rules)
        else:
            from hotline.statements import write

            with wiring.unit_of_work() as unit:
                found = statements.hand_out(unit.session, month, COMMAND_LINE, now, rules)
                _write(write, xlsx, found, wiring.settings.zone, household_kinds(wiring.settings))
                unit.commit()
    if as_json:
        print_json({**found.to_json(), **({"xlsx": str(xlsx)} if xlsx is not None else {})})
        return
    table(_FIRMS, [_in_yuan(firm.to_json()) for firm in found.firms])
    whole, draft = _in_yuan(found.to_json()["total"]), "" if found.over else " (the month is not over)"
    click.echo(f"{month}, version {found.version}{draft}: {whole['jobs']} jobs, {whole['price']} yuan")
    click.echo(f"citizens pay {whole['citizen']}, the government {whole['government']}")
    if found.unpriced:
        click.echo(f"not in it, for want of a price: {', '.join(found.unpriced)}")


def _write(write: Any, path: Path, *what: Any) -> None:
    try:
        write(path, *what)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from error


@command.command()
@_MONTH
@click.option("--firm", required=True, help="The firm's code.")
@as_user
@json_option
def settle(month: str, firm: str, username: str, as_json: bool) -> None:
    """What FIRM is owed of MONTH is paid: its fees of that month are settled."""
    with wired() as wiring, refusals(as_json), wiring.unit_of_work() as unit:
        actor = actor_named(unit.session, username)
        count = statements.settle(unit.session, month, firm, actor, wiring.now(), wiring.rules)
        unit.commit()
    if as_json:
        print_json({"month": month, "firm": firm, "settled": count})
    else:
        click.echo(f"{count} fees of {firm} in {month} are settled")


@command.command()
@click.option("--year", required=True, type=click.IntRange(2000, 9998))
@_XLSX
@json_option
def rewards(year: int, xlsx: Path | None, as_json: bool) -> None:
    """The best firms of YEAR, each with its share of what it earned."""
    with wired() as wiring, refusals(as_json):
        with wiring.reading() as unit:
            found = best_of_year(unit.session, year, wiring.now(), wiring.rules)
        if xlsx is not None:
            from hotline.statements import write_rewards

            _write(write_rewards, xlsx, year, found, wiring.rules.money.reward_percent)
    if as_json:
        print_json({"year": year, "firms": rewards_json(found)})
        return
    table(_BEST, [_in_yuan(each) for each in rewards_json(found)])


# ---------------------------------------------------------------- the price list


@command.group("prices")
def price_list() -> None:
    """The market's reference prices, with their days."""


@price_list.command("import")
@click.argument("csv", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show the difference and change nothing.")
@json_option
def run_import(csv: Path, dry_run: bool, as_json: bool) -> None:
    """Add and change prices. What CSV does not name stays.

    Columns trade,service,name,reference,valid_from and, if wanted, valid_until,per,usual,sample
    (行业,服务代码,服务名称,参考价(元),生效日期,失效日期,单位,常用,示例), in UTF-8 or GB18030.
    """
    with wired() as wiring, refusals(as_json):
        read, rows = prices.from_csv(content(csv))
        with wiring.reading() if dry_run else wiring.unit_of_work() as unit:
            found = (prices.differences if dry_run else prices.put)(unit.session, rows)
            if not dry_run:
                unit.commit()
    if as_json:
        print_json({**found.to_json(), "encoding": read.encoding, "applied": not dry_run})
        return
    for what, changed in (("new", found.new), ("changed", found.changed)):
        for row in changed:
            click.echo(f"{what}: {row.trade}/{row.service} {row.name} {money.yuan(row.reference_fen)}")
    click.echo(f"{len(rows)} prices in {read.encoding}; {found.same} the same")


@price_list.command("list")
@json_option
def list_prices(as_json: bool) -> None:
    """Every price there is."""
    with wired() as wiring, wiring.reading() as unit:
        found = prices.price_list(unit.session)
    if as_json:
        print_json(found)
    else:
        table(_PRICES, [_in_yuan(each) for each in found])


# ---------------------------------------------------------------- a case's fee


@command.command()
@click.argument("number")
@json_option
def show(number: str, as_json: bool) -> None:
    """The fees of case NUMBER, void ones included."""
    with wired() as wiring, wiring.reading() as unit:
        found = fees.fees_of_case(unit.session, number.strip())
    if as_json:
        print_json(found)
    elif found:
        table(_FEES, [_in_yuan(each) for each in found])
    else:
        click.echo(f"case {number} costs nothing: no firm has it")


@command.command()
@click.argument("number")
@click.option("--service", help="A service of the price list; else the estimated one.")
@click.option("--quantity", default=1, show_default=True, help="How many of it.")
@as_user
@json_option
def agree(number: str, service: str | None, quantity: int, username: str, as_json: bool) -> None:
    """Say what case NUMBER's fee is for."""
    with wired() as wiring, refusals(as_json):
        with wiring.unit_of_work() as unit:
            actor = actor_named(unit.session, username)
            fees.agree(
                unit.session,
                number.strip(),
                actor,
                wiring.now(),
                wiring.rules,
                service=service,
                quantity=quantity,
            )
            unit.commit()
        with wiring.reading() as unit:
            found = fees.fees_of_case(unit.session, number.strip())[-1]
        wiring.bell.nudge()
    if as_json:
        print_json(found)
    else:
        table(_FEES, [_in_yuan(found)])


def _in_yuan(row: dict[str, Any]) -> dict[str, Any]:
    """`price_fen: 7204` → `price: 72.04`, beside what else is there."""
    amounts = {name.removesuffix("_fen"): fen for name, fen in row.items() if name.endswith("_fen")}
    return {**row, **{name: money.yuan(fen) for name, fen in amounts.items()}}
