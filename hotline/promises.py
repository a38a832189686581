"""What the sweep does for claims to be served free and for firms' contracts. The row is the work."""

from __future__ import annotations

from datetime import datetime

from cases import assessing, claims, contracts
from cases.errors import Conflict, NotFound
from hotline import logs
from hotline.wiring import Wiring

log = logs.get(__name__)


def check_claims(wiring: Wiring, now: datetime) -> list[str]:
    """Claims that nobody checked, each in a transaction of its own; numbers of cases. Raises DatabaseAway."""
    with wiring.reading() as unit:
        waiting = claims.claims_to_check(unit.session)
    return [number for number in waiting if _check(wiring, number, now)]


def _check(wiring: Wiring, number: str, now: datetime) -> bool:
    try:
        with wiring.unit_of_work() as unit:
            found = claims.check_claim(unit.session, number, now, wiring.rules)
            unit.commit()
    except (Conflict, NotFound):
        return False  # the case changed meanwhile: the next pass looks again
    if found is not None:
        log.info("a claim to be served free was checked", case=number, claim=found.value)
    return found is not None


def watch_contracts(wiring: Wiring, now: datetime) -> list[str]:
    """Firms with too many founded complaints that still work: suspended; their codes. Raises DatabaseAway."""
    with wiring.reading() as unit:
        if not contracts.blamed(unit.session, wiring.rules):
            return []
    with wiring.unit_of_work() as unit:
        found = contracts.watch_all(unit.session, now, wiring.rules)
        unit.commit()
    for firm in found:
        log.warning("a firm's contract is suspended", firm=firm)
    return found


def rate_firms(wiring: Wiring, now: datetime) -> int:
    """Every firm's rating by what citizens said within the year; -> how many changed. Raises DatabaseAway."""
    with wiring.unit_of_work() as unit:
        changed = assessing.rate_all(unit.session, now, wiring.rules)
        unit.commit()
    return changed
