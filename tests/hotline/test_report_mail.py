"""Reports by mail: each address once, whatever the server does; nothing of a person in it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from mail_server import MailServer, mail_server
from runs import make_settings
from sqlalchemy import select

from cases.model import Case
from cases.report_days import ReportKind
from cases.reporting import Made
from hotline import report_mail
from hotline.city import load_file, rows
from hotline.cli import command
from hotline.history.seed import Wanted, seed_history
from hotline.reports import report
from hotline.wiring import Wiring, build
from router.city_file import path_of

DAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
LISTS = {"leader": ["mayor@example.org", "deputy@example.org"], "supervisor": ["watch@example.org"]}


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as told:
        yield told


@pytest.fixture
def mailing(tmp_path: Path, database_url: str, server: MailServer) -> Iterator[Wiring]:
    """A day's past, and a server to send its report by."""
    given = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_seconds": 1.0, "report_mail_to": LISTS}
    wiring = build(make_settings(tmp_path, database_url, "redis://127.0.0.1:1", **given))
    load_file(wiring, rows(path_of("shaowu")))
    seed_history(wiring.engine, wiring.rules, ["desk1"], Wanted(120, 3, 7, DAY), lambda _: None)
    yield wiring
    wiring.close()


@pytest.fixture
def made(mailing: Wiring) -> Made:
    return report(mailing, ReportKind.NIGHTLY, DAY, NOW)


def _states(rows: list[dict[str, object]]) -> dict[object, object]:
    return {each["to"]: each["state"] for each in rows}


def test_a_role_gets_the_report_once_however_often_it_is_sent(
    mailing: Wiring, made: Made, server: MailServer
) -> None:
    to = report_mail.addresses(mailing.settings, "leader")
    for _ in range(3):
        found = report_mail.send(mailing, made, to, NOW)
        assert set(_states(found).values()) == {"sent"}
    assert sorted(server.addresses) == sorted(LISTS["leader"])


def test_the_mail_has_the_figures_the_page_and_the_workbook(
    mailing: Wiring, made: Made, server: MailServer
) -> None:
    report_mail.send(mailing, made, ["mayor@example.org"], NOW)
    (_, mail) = server.mails[0]
    assert "2026-11-23" in mail["Subject"]
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert f"来电量: {made.figures['calls_offered']}" in plain.get_content()
    assert "<svg" in page.get_content()
    (attached,) = mail.iter_attachments()
    book = openpyxl.load_workbook(io.BytesIO(attached.get_content()))
    assert book.sheetnames[0] == "日报"


def test_the_mail_names_no_caller_and_no_sentence(mailing: Wiring, made: Made, server: MailServer) -> None:
    report_mail.send(mailing, made, ["mayor@example.org"], NOW)
    mail = server.mails[0][1]
    said = "".join(str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text")
    with mailing.reading() as work:
        cases = work.session.execute(select(Case.caller, Case.text)).all()
    assert cases
    assert not [each for each in cases if each.caller in said or each.text in said]


def test_who_is_refused_is_told_and_the_others_get_it(
    mailing: Wiring, made: Made, server: MailServer
) -> None:
    server.answers["RCPT deputy@example.org"] = "550 nobody of that name"
    found = report_mail.send(mailing, made, LISTS["leader"], NOW)
    assert _states(found) == {"mayor@example.org": "sent", "deputy@example.org": "set_aside"}
    assert "550" in str(found[1]["problem"])
    assert server.addresses == ["mayor@example.org"]


def test_a_server_that_is_busy_is_tried_again_later(mailing: Wiring, made: Made, server: MailServer) -> None:
    server.answers["MAIL"] = "451 later"
    found = report_mail.send(mailing, made, ["mayor@example.org"], NOW)
    assert _states(found) == {"mayor@example.org": "waiting"}
    server.answers.clear()
    assert report_mail.send_due(mailing, NOW + timedelta(seconds=10)) == {}
    assert report_mail.send_due(mailing, NOW + timedelta(minutes=2)) == {"sent": 1}
    assert report_mail.send_due(mailing, NOW + timedelta(days=1)) == {}
    assert server.addresses == ["mayor@example.org"]


def test_a_server_that_stalls_is_left_and_tried_again(
    mailing: Wiring, made: Made, server: MailServer
) -> None:
    server.stalls_at = "DATA"
    found = report_mail.send(mailing, made, ["mayor@example.org"], NOW)
    assert _states(found) == {"mayor@example.org": "waiting"}
    assert "did not answer" in str(found[0]["problem"])
    server.stalls_at = ""
    assert report_mail.send_due(mailing, NOW + timedelta(minutes=2)) == {"sent": 1}


def test_a_mail_whose_answer_was_lost_is_the_same_mail_again(
    mailing: Wiring, made: Made, server: MailServer
) -> None:
    server.hangs_up_after_data = True
    assert _states(report_mail.send(mailing, made, ["mayor@example.org"], NOW)) == {
        "mayor@example.org": "waiting"
    }
    server.hangs_up_after_data = False
    report_mail.send_due(mailing, NOW + timedelta(minutes=2))
    assert len({mail["Message-ID"] for _, mail in server.mails}) == 1


def test_a_sender_that_died_is_followed_by_another(mailing: Wiring, made: Made, server: MailServer) -> None:
    from cases.report_mail import claim, owe

    with mailing.unit_of_work() as work:
        owe(work.session, ReportKind.NIGHTLY, DAY, ["mayor@example.org"], NOW)
        assert claim(work.session, NOW) is not None
        work.commit()
    assert report_mail.send_due(mailing, NOW + timedelta(minutes=1)) == {}
    assert report_mail.send_due(mailing, NOW + timedelta(minutes=6)) == {"sent": 1}
    assert server.addresses == ["mayor@example.org"]


def test_a_server_that_is_away_sets_aside_only_after_many_tries(
    mailing: Wiring, made: Made, server: MailServer
) -> None:
    server.answers["EHLO"] = server.answers["HELO"] = "421 going down"
    at = NOW
    report_mail.send(mailing, made, ["mayor@example.org"], at)
    for _ in range(5):
        at += timedelta(days=1)
        assert report_mail.send_due(mailing, at) == {"waiting": 1}
    at += timedelta(days=1)
    assert report_mail.send_due(mailing, at) == {"set_aside": 1}


def test_what_the_schedule_made_is_owed_to_every_role(
    mailing: Wiring, made: Made, server: MailServer
) -> None:
    assert report_mail.owe_made(mailing, [made], NOW) == 3
    assert report_mail.owe_made(mailing, [made], NOW) == 0
    assert report_mail.send_due(mailing, NOW) == {"sent": 3}
    assert len(set(server.addresses)) == 3


@pytest.mark.parametrize("to", ["nobody", "a@b@c", "mayor@example.org\nBcc: x@y"])
def test_an_address_that_is_none_is_refused(mailing: Wiring, to: str) -> None:
    with pytest.raises(report_mail.NoRecipients):
        report_mail.addresses(mailing.settings, to)


def test_the_command_tells_how_each_mail_stands(
    tmp_path: Path, sqlite_url: str, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {
        "RUN_DIR": str(tmp_path),
        "DATABASE_URL": sqlite_url,
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(server.port),
        "REPORT_MAIL_TO": '{"leader": ["mayor@example.org"]}',
    }
    for name, value in given.items():
        monkeypatch.setenv(f"MINSHENG110_{name}", value)
    words = ["report", "send", "--date", "2026-01-05", "--to", "leader", "--json"]
    done = CliRunner().invoke(command, words)
    assert done.exit_code == 0, done.output
    assert '"state": "sent"' in done.output
    server.answers["RCPT"] = "550 no"
    done = CliRunner().invoke(command, [*words[:4], "--to", "other@example.org"])
    assert done.exit_code == 1
    assert server.addresses == ["mayor@example.org"]
