"""A report is made once, in order, and kept; what changed since is another version."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, func, select
from supervision_scene import RULES, city
from telling import Telling, write

from cases import reporting
from cases.errors import MoveRefused
from cases.model import Report
from cases.report_days import Period, ReportKind
from cases.reporting import Made
from cases.unit_of_work import UnitOfWork, reading

DAY = date(2026, 3, 2)
NIGHT = city(3, 0, 11)


def period(day: date = DAY, now: datetime = NIGHT) -> Period:
    return reporting.wanted(ReportKind.NIGHTLY, day, now, RULES)


def made(engine: Engine, which: Period, now: datetime = NIGHT) -> Made:
    with reading(engine) as work:
        found = reporting.figures_of(work.session, which, RULES)
    with UnitOfWork(engine) as work:
        report = reporting.keep(work.session, which, found, now, "system", RULES)
        work.commit()
    return report


def missing(engine: Engine, now: datetime) -> list[tuple[str, int]]:
    with reading(engine) as work:
        return [(each.kind.value, each.first.day) for each in reporting.missing(work.session, now, RULES)]


def count(engine: Engine) -> int:
    with reading(engine) as work:
        return work.session.scalar(select(func.count()).select_from(Report)) or 0


def test_it_is_kept_with_the_digest_of_its_figures(engine: Engine) -> None:
    write(engine, *Telling().starts().is_answered().ends().facts)
    report = made(engine, period())
    assert (report.version, report.late, report.figures["calls_offered"]) == (1, False, 1)
    with reading(engine) as work:
        there = reporting.kept(work.session, ReportKind.NIGHTLY, DAY)
    assert there == report
    assert set(report.to_json()) == {"date", "version", "digest", "late", "figures"}


def test_two_schedulers_at_once_make_one_report(engine: Engine) -> None:
    write(engine, *Telling().starts().ends().facts)
    together, reports = Barrier(2), list[Made]()

    def one() -> None:
        together.wait()
        reports.append(made(engine, period()))

    threads = [Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reports) == 2
    assert reports[0].digest == reports[1].digest
    assert count(engine) == 1


def test_who_is_killed_before_the_end_has_made_nothing(engine: Engine) -> None:
    write(engine, *Telling().starts().ends().facts)
    with UnitOfWork(engine) as work:
        reporting.keep(work.session, period(), {"calls_offered": 1}, NIGHT, "system", RULES)
    assert count(engine) == 0
    assert missing(engine, NIGHT) == [("nightly", 2)]


def test_days_that_were_missed_are_made_up_for_in_order_and_marked_late(engine: Engine) -> None:
    write(engine, *Telling().starts().ends().facts)
    back = city(6, 9)
    assert missing(engine, back) == [("nightly", 2), ("nightly", 3), ("nightly", 4), ("nightly", 5)]
    reports = [made(engine, period(date(2026, 3, day), back), back) for day in (2, 3, 4, 5)]
    assert [report.late for report in reports] == [True] * 4
    assert missing(engine, back) == []


def test_a_clock_that_was_set_back_makes_none_twice(engine: Engine) -> None:
    write(engine, *Telling().starts().ends().facts)
    made(engine, period())
    assert missing(engine, NIGHT - timedelta(hours=5)) == []
    assert missing(engine, NIGHT) == []


def test_weeks_and_months_are_due_when_they_are_over(engine: Engine) -> None:
    write(engine, *Telling().starts().ends().facts)
    due = missing(engine, city(9, 0, 11))
    assert due == [*(("nightly", day) for day in range(2, 9)), ("weekly", 2)]
    assert ("monthly", 1) in missing(engine, city(1, 0, 11, month=4))


def test_before_the_first_call_nothing_is_due(engine: Engine) -> None:
    assert missing(engine, city(9)) == []


def test_a_corrected_report_is_a_version_beside_the_old_one(engine: Engine) -> None:
    write(engine, *Telling().starts().ends().facts)
    first = made(engine, period())
    write(engine, *Telling().starts().ends().facts)
    with UnitOfWork(engine) as work:
        found = reporting.figures_of(work.session, period(), RULES)
        second = reporting.correct(work.session, period(), found, city(4), "leader1")
        work.commit()
    assert (second.version, second.corrects) == (2, 1)
    assert second.difference["calls_offered"] == [1, 2]
    assert count(engine) == 2
    with UnitOfWork(engine) as work:
        again = reporting.correct(work.session, period(), found, city(5), "leader1")
        work.commit()
        rows = reporting.listed(work.session)
    assert again.version == 2
    assert [(row["version"], row["corrects"]) for row in rows] == [(2, 1), (1, None)]
    assert rows[1]["digest"] == first.digest


def test_what_was_never_made_cannot_be_corrected(engine: Engine) -> None:
    with UnitOfWork(engine) as work, pytest.raises(MoveRefused, match="N03"):
        reporting.correct(work.session, period(), {}, NIGHT, "leader1")


def test_a_day_that_has_not_begun_has_no_report() -> None:
    with pytest.raises(MoveRefused, match="N01"):
        period(date(2026, 3, 4))
    with pytest.raises(MoveRefused, match="N02"):
        period(date(1, 1, 1))


def test_it_is_compared_with_the_same_weekday_of_the_weeks_before(engine: Engine) -> None:
    for _ in range(30):
        write(engine, *Telling().starts().ends().facts)
    made(engine, period(date(2026, 2, 23)))
    report = made(engine, period())
    assert report.figures["compared_days"] == 1
    assert report.figures["usual"]["calls_offered"] == 0
    assert "来电量由0增至30" in report.figures["changes_sentence"]
