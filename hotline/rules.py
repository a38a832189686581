"""The core's rules from the settings, and the deadline classes that the city file adds to them."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from typing import Any

from cases.assessment import WEIGHTS, ScoreRules
from cases.ladders import DEFAULT
from cases.money import MoneyRules
from cases.report_days import ReportRules
from cases.rules import WORKING_DAYS, Rules
from cases.supervision_rules import AccountabilityRules, ReceptionRules
from cases.worktime import Hours
from hotline.settings import Settings, SettingsError


def rules_of(settings: Settings) -> Rules:
    """Raises SettingsError for a city file that cannot be read."""
    days = {**WORKING_DAYS, **_of_the_city(settings), **settings.deadline_days}
    return Rules(
        zone=settings.zone,
        office_hours=Hours.parse(settings.office_hours),
        working_days=days,
        return_days=settings.return_days,
        extension_days=settings.extension_days,
        redos=settings.redos,
        reopen_calendar_days=settings.reopen_days,
        review_calendar_days=settings.review_days,
        longest_suspension_calendar_days=settings.longest_suspension_days,
        public_url=settings.public_url or settings.web_url,
        told_after_seconds=settings.told_after_seconds,
        survey_hours=Hours.parse(settings.survey_hours),
        survey_tries=settings.survey_tries,
        ladders={**DEFAULT, **settings.ladders},
        reception=ReceptionRules(
            day=settings.reception_day,
            overdue_working_days=settings.reception_overdue_days,
            returns=settings.reception_returns,
            redos=settings.reception_redos,
            suspended_calendar_days=settings.reception_suspended_days,
            at_most=settings.reception_at_most,
        ),
        accountability=AccountabilityRules(
            people=settings.accountability_people,
            reactions=settings.accountability_reactions,
            transfers=settings.accountability_transfers,
        ),
        money=_money(settings),
        reports=ReportRules(
            day_starts=settings.report_day_starts,
            report_at=settings.report_at,
            late_after=timedelta(minutes=settings.report_late_minutes),
            catch_up_days=settings.report_catch_up_days,
        ),
        scores=ScoreRules(
            weights={**WEIGHTS, **settings.score_weights}, commend_points=settings.commend_points
        ),
    )


def _money(settings: Settings) -> MoneyRules:
    return MoneyRules(
        discount_percent=settings.price_discount_percent,
        reward_percent=settings.reward_percent,
        complaints_end_contract=settings.complaints_end_contract,
        reward_rating=settings.reward_rating,
        reward_jobs=settings.reward_jobs,
        reward_top_percent=settings.reward_top_percent,
    )


def _of_the_city(settings: Settings) -> dict[str, int]:
    """The city file's own classes: only that table, so that a process need not carry the router."""
    from hotline.city_path import file_of

    path = file_of(settings)
    try:
        with path.open("rb") as file:
            found: dict[str, Any] = tomllib.load(file).get("deadline_classes", {})
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"the city file {path.name} cannot be read: {error}") from error
    # The file counts an emergency's own day as its first.
    return {name: count for name, count in found.items() if isinstance(count, int) and name != "emergency"}
