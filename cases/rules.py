"""Every number of the rules that a city may set. Built from the settings by the wiring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from cases.assessment import ScoreRules
from cases.ladders import DEFAULT, Ladder
from cases.money import MoneyRules
from cases.report_days import ReportRules
from cases.supervision_rules import AccountabilityRules, ReceptionRules
from cases.worktime import OFFICE_HOURS, Hours

WORKING_DAYS: Mapping[str, int] = {"emergency": 0, "help": 3, "complaint": 5, "complex": 15}
"""Deadline classes and their working days; 0: the same day."""
SURVEY_HOURS = Hours.parse("09:00-12:00,14:30-18:00")
"""When a citizen may be rung."""


@dataclass(frozen=True)
class Rules:
    """What is configurable. Days are working days unless their name says otherwise."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    office_hours: Hours = OFFICE_HOURS
    """Of a unit that has none of its own."""
    working_days: Mapping[str, int] = field(default_factory=lambda: WORKING_DAYS)
    default_class: str = "help"
    """Of a case whose class nobody told."""
    return_days: int = 2
    """A wrongly sent case comes back within so many days from its dispatch."""
    returns_before_supervision: int = 3
    """The return with this number goes to supervision."""
    extension_days: int = 10
    """At most; asked for once."""
    redos: int = 1
    """What is unsatisfactory after so many goes to supervision."""
    reopen_calendar_days: int = 30
    review_calendar_days: int = 30
    """When a suspended case is looked at again, if nobody says when."""
    longest_suspension_calendar_days: int = 180
    longest_text: int = 5_000
    """Characters of a reason, an answer, a note."""
    clock_tolerance_seconds: float = 60.0
    """How far two machines' clocks may differ before a move is refused as one from the past."""
    public_url: str = "http://127.0.0.1:8110"
    """Where citizens follow their cases."""
    told_after_seconds: float = 90.0
    """The message of acceptance waits so long for the sorting."""
    survey_hours: Hours = SURVEY_HOURS
    survey_tries: int = 3
    """Calls in vain; then the visitor caller asks."""
    money: MoneyRules = field(default_factory=MoneyRules)
    scores: ScoreRules = field(default_factory=ScoreRules)
    reports: ReportRules = field(default_factory=ReportRules)

    ladders: Mapping[str, Ladder] = field(default_factory=lambda: DEFAULT)
    """The steps of escalation, by deadline class and by what a case waits for."""
    reception: ReceptionRules = field(default_factory=ReceptionRules)
    accountability: AccountabilityRules = field(default_factory=AccountabilityRules)

    def days_of(self, deadline_class: str | None) -> int:
        """The working days of this class; of an unknown one those of the default."""
        known = self.working_days
        return known.get(deadline_class or "", known.get(self.default_class, WORKING_DAYS["help"]))
