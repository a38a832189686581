"""Reports go out by mail: one mail to one address, so that a server that takes half of them loses none.

A mail has the same Message-ID at every try: one that the server took although its answer was lost is the
same mail to whoever gets it. The report holds no personal data, and an address stands in no log.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterable
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from time import monotonic
from typing import Any

from cases import report_mail
from cases.errors import CaseError
from cases.report_days import ReportKind
from cases.report_mail import Claimed, Outcome
from cases.reporting import Made
from hotline import logs
from hotline.report_html import html_of
from hotline.report_parts import heading, headlines, marks, value_shown
from hotline.report_xlsx import file_name, workbook
from hotline.settings import Settings
from hotline.wiring import Wiring

log = logs.get(__name__)

_XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


class NoRecipients(CaseError):
    """Nobody is named to send it to, or there is no server to send it by."""


def addresses(settings: Settings, to: str | None) -> list[str]:
    """Of a role, or the address itself; None: of every role. Raises NoRecipients."""
    if to is not None and "@" in to:
        if any(sign.isspace() or ord(sign) < 32 for sign in to) or to.count("@") != 1:
            raise NoRecipients("that is no mail address: NAME@HOST")
        return [to]
    lists = settings.report_mail_to
    found = lists.get(to, []) if to else [each for of in lists.values() for each in of]
    if not found:
        whose = f"the role {to}" if to else "any role"
        raise NoRecipients(f"no mail address is set for {whose}: set report_mail_to, or give --to NAME@HOST")
    return list(dict.fromkeys(found))


def send(wiring: Wiring, made: Made, to: Iterable[str], now: datetime) -> list[dict[str, Any]]:
    """Owed once to each, and tried now where it was not sent yet; -> how each stands (cases.report_mail)."""
    if not wiring.settings.smtp_host:
        raise NoRecipients("no mail server is set: set smtp_host")
    listed, kind = list(to), ReportKind(made.kind)
    with wiring.unit_of_work() as work:
        report_mail.owe(work.session, kind, made.date, listed, now)
        report_mail.ask_again(work.session, kind, made.date, listed, now)
        work.commit()
    with wiring.reading() as work:
        mine = [each["id"] for each in report_mail.standing(work.session, kind, made.date, listed)]
    send_due(wiring, now, only=mine, seconds=None)
    with wiring.reading() as work:
        return report_mail.standing(work.session, kind, made.date, listed)


def owe_made(wiring: Wiring, made: Iterable[Made], now: datetime) -> int:
    """What the scheduler made is owed to every role's list."""
    listed = [each for of in wiring.settings.report_mail_to.values() for each in of]
    if not listed or not wiring.settings.smtp_host:
        return 0
    owed = 0
    for each in made:
        with wiring.unit_of_work() as work:
            owed += report_mail.owe(work.session, ReportKind(each.kind), each.date, listed, now)
            work.commit()
    return owed


def send_due(
    wiring: Wiring, now: datetime, *, only: Iterable[int] | None = None, seconds: float | None = 10.0
) -> dict[str, int]:
    """Each mail that is due, once; -> {"sent", "waiting", "set_aside"}. The rest waits after `seconds`."""
    counts: dict[str, int] = {}
    begun = monotonic()
    chosen = list(only) if only is not None else None
    while seconds is None or monotonic() - begun < seconds:
        with wiring.unit_of_work() as work:
            claimed = report_mail.claim(work.session, now, chosen)
            work.commit()
        if claimed is None:
            break
        outcome = deliver(wiring.settings, claimed, now)
        with wiring.unit_of_work() as work:
            state = report_mail.settle(work.session, claimed.id, now, outcome)
            work.commit()
        counts[state] = counts.get(state, 0) + 1
        if outcome.problem is not None:
            log.warning("a report was not mailed", mail=claimed.id, state=state, problem=outcome.problem)
    return counts


def deliver(settings: Settings, claimed: Claimed, now: datetime) -> Outcome:
    """Try once. Every failure is told in words that name no address."""
    try:
        with _server(settings) as server:
            server.send_message(message(settings, claimed, now), settings.mail_from, [claimed.to])
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        return Outcome(f"the server refused the address ({code})", for_good=code >= 500)
    except smtplib.SMTPResponseException as error:
        return Outcome(f"the server answered {error.smtp_code}", for_good=_is_for_good(error))
    except (smtplib.SMTPException, ssl.SSLError) as error:
        # smtplib says of a server that stalls that it has gone.
        silent = isinstance(error.__context__, TimeoutError)
        return _silent(settings) if silent else Outcome(f"the server broke off ({type(error).__name__})")
    except TimeoutError:
        return _silent(settings)
    except OSError as error:
        return Outcome(f"the server cannot be reached ({error.strerror or type(error).__name__})")
    return Outcome()


def _silent(settings: Settings) -> Outcome:
    return Outcome(f"the server did not answer within {settings.smtp_seconds:g} s")


def message(settings: Settings, claimed: Claimed, now: datetime) -> EmailMessage:
    """Plain text with the headlines, the page, and the workbook."""
    made = claimed.made
    mail = EmailMessage()
    mail["Subject"] = heading(made)
    mail["From"] = settings.mail_from
    mail["To"] = claimed.to
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{claimed.key}@{_host(settings)}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(_plain(made))
    mail.add_alternative(html_of(made), subtype="html")
    maintype, subtype = _XLSX
    name = file_name(made, "xlsx")
    mail.add_attachment(workbook(made), maintype=maintype, subtype=subtype, filename=name)
    return mail


def _plain(made: Made) -> str:
    lines = [heading(made), marks(made), "", str(made.figures.get("changes_sentence", "")), ""]
    lines += [f"{each.title}: {value_shown(each.value, each.unit)}" for each in headlines(made)]
    return "\n".join(lines) + "\n"


def _server(settings: Settings) -> smtplib.SMTP:
    """Connected, secured and logged in. Raises OSError, smtplib.SMTPException."""
    host, port, security = settings.smtp_host, settings.smtp_port, settings.smtp_security
    context = ssl.create_default_context()
    if security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=settings.smtp_seconds, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=settings.smtp_seconds)
    try:
        if security == "starttls":
            server.starttls(context=context)
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
    except BaseException:
        server.close()
        raise
    return server


def _is_for_good(error: smtplib.SMTPResponseException) -> bool:
    """A wrong password is put right by a person, and then the mail is still wanted."""
    return error.smtp_code >= 500 and not isinstance(error, smtplib.SMTPAuthenticationError)


def _host(settings: Settings) -> str:
    return settings.mail_from.rpartition("@")[2] or "localhost"
