"""Messages to citizens go out here, by a sender of the site's.

A sender is a small thing: it sends one message, or says why not. The development sender sends nothing to
anybody: it writes into a table that the console shows. Neither a number nor a text stands in a log.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Protocol

from cases import messages, notices
from cases.rules import Rules
from cases.unit_of_work import UnitOfWork
from hotline import logs
from hotline.jobs import worker_name
from hotline.settings import Settings
from hotline.wiring import Wiring

log = logs.get(__name__)

_LEASE = timedelta(minutes=2)
_AT_ONCE = 20
"""Messages a pass takes: a gateway that is slow must not keep the sweep from what waits behind it."""
_PASS_SECONDS = 3.0
_GATEWAY_SECONDS = 3.0


class NotSent(Exception):
    """It did not go out; the message says why, without number or text. `for_good`: it never will."""

    def __init__(self, why: str, *, for_good: bool = False) -> None:
        super().__init__(why)
        self.for_good = for_good


class Sender(Protocol):
    """`safe_to_repeat`: whether the same id, sent twice, reaches the citizen once."""

    safe_to_repeat: bool

    def send(self, message_id: int, to: str, text: str) -> None:
        """Raises NotSent."""
        ...


class ShowingSender:
    """For development and demonstrations: what would be sent is shown in the console."""

    safe_to_repeat = True

    def __init__(self, unit_of_work: Callable[[], UnitOfWork], now: Callable[[], datetime]) -> None:
        self._unit_of_work, self._now = unit_of_work, now

    def send(self, message_id: int, to: str, text: str) -> None:
        with self._unit_of_work() as unit:
            messages.show(unit.session, message_id, to, text, self._now())
            unit.commit()


class GatewaySender:
    """An SMS gateway that takes `{"id", "to", "text"}` as JSON by POST, with a bearer token.

    2xx: it has it. 400 to 499, but for 408 and 429: it will never take it. All else: later.
    """

    safe_to_repeat = False

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token

    def send(self, message_id: int, to: str, text: str) -> None:
        body = json.dumps({"id": str(message_id), "to": to, "text": text}).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"}
        # The setting is checked to be an http address.
        order = urllib.request.Request(self._url, body, headers)  # noqa: S310
        try:
            with urllib.request.urlopen(order, timeout=_GATEWAY_SECONDS):  # noqa: S310
                return
        except urllib.error.HTTPError as error:
            refused = 400 <= error.code < 500 and error.code not in (408, 429)
            raise NotSent(f"the gateway answered {error.code}", for_good=refused) from error
        except OSError as error:
            raise NotSent(f"the gateway cannot be reached ({type(error).__name__})") from error


def sender_of(wiring: Wiring) -> Sender | None:
    """By the settings; None: this site sends none."""
    settings = wiring.settings
    chosen = settings.sms_sender or _usual(settings)
    if chosen == "gateway":
        return GatewaySender(settings.sms_gateway_url, settings.sms_gateway_token.get_secret_value())
    return ShowingSender(wiring.unit_of_work, wiring.now) if chosen == "shown" else None


def _usual(settings: Settings) -> str:
    if settings.sms_gateway_url:
        return "gateway"
    # Nobody in production may believe that a message went out which only the console shows.
    return "off" if settings.profile == "production" else "shown"


def outbox(wiring: Wiring) -> Outbox:
    """This installation's."""
    return Outbox(
        wiring.unit_of_work,
        wiring.reading,
        sender_of(wiring),
        wiring.rules,
        wiring.settings.message_tries,
    )


@dataclass
class Outbox:
    """What the sweep does about messages. `sender` None: this site sends none, and they wait."""

    unit_of_work: Callable[[], UnitOfWork]
    reading: Callable[[], UnitOfWork]
    sender: Sender | None
    rules: Rules
    most_tries: int

    def tell_new(self, now: datetime) -> int:
        """Write the messages of acceptance that are still to be written; -> of how many cases."""
        with self.reading() as unit:
            waiting = notices.untold(unit.session, now, self.rules)
        if not waiting:
            return 0
        with self.unit_of_work() as unit:
            for case_id in sorted(waiting):  # everybody locks cases in this order
                notices.tell_accepted(unit.session, case_id, now, self.rules)
            unit.commit()
        return len(waiting)

    def send_due(self, now: datetime) -> dict[str, int]:
        """Send what is due, for a few seconds at most: {"sent", "failed", "left"}."""
        done = {"sent": 0, "failed": 0, "left": 0}
        if self.sender is None or not self._anything(now):
            return done
        me, until = worker_name(), monotonic() + _PASS_SECONDS
        done["left"] = self._take_back(self.sender, now)
        while monotonic() < until and (row := self._next(me, now)):
            done["sent" if self._send(self.sender, row, me, now) else "failed"] += 1
            if done["sent"] + done["failed"] >= _AT_ONCE:
                break
        return done

    def _anything(self, now: datetime) -> bool:
        with self.reading() as unit:
            return messages.anything_to_do(unit.session, now)

    def _take_back(self, sender: Sender, now: datetime) -> int:
        with self.unit_of_work() as unit:
            left = messages.left_in_the_middle(unit.session, now, safe_to_repeat=sender.safe_to_repeat)
            unit.commit()
        if left:
            log.warning("messages were left by a sender that died", count=left)
        return left

    def _next(self, me: str, now: datetime) -> Any:
        with self.unit_of_work() as unit:
            rows = messages.claim_messages(unit.session, me, now, _LEASE, 1)
            unit.commit()
        return rows[0] if rows else None

    def _send(self, sender: Sender, row: Any, me: str, now: datetime) -> bool:
        try:
            sender.send(row.id, row.to, row.text)
        except NotSent as error:
            self._failed(row, me, now, error)
            return False
        with self.unit_of_work() as unit:
            messages.mark_sent(unit.session, row.id, me, now)
            unit.commit()
        return True

    def _failed(self, row: Any, me: str, now: datetime, error: NotSent) -> None:
        log.warning("a message was not sent", message_id=row.id, problem=str(error))
        with self.unit_of_work() as unit:
            messages.mark_failed(
                unit.session,
                row.id,
                me,
                now,
                str(error),
                tries=row.tries,
                most_tries=self.most_tries,
                for_good=error.for_good,
            )
            unit.commit()
