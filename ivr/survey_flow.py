"""The survey's call as a table, like the city's call script: the citizen was rung, and is asked one question.

The rows are read as in ivr/city_flow.py. No menu tree here either: one question, four keys, and for those who
are not content one more: why.
"""

from __future__ import annotations

from ivr.city_flow import ANYTHING, OVER, Row
from ivr.flow import indexed
from ivr.steps import Ask, HangUp, KeepAnswer, KeepReason, Record, Say, Step

RINGING = "ringing"
_KEYS = "1234"
_QUESTION = Ask(("survey_hello", "{matter}", "survey_question"), _KEYS, seconds=5)
_AGAIN = Ask(("survey_question",), _KEYS, seconds=5)
_CONTENT = (Say(("survey_thanks",)), HangUp())
_WHY = (Say(("survey_why",), "#"), Record("#"))
_WILL_BE_DONE = (Say(("survey_kept",)), HangUp())


def _answers(node: str) -> tuple[Row, ...]:
    """What each key means; the answer is kept before anything else is said."""
    content = tuple(Row(node, f"key {key}", (KeepAnswer(key), *_CONTENT), OVER) for key in (1, 2))
    not_so = tuple(Row(node, f"key {key}", (KeepAnswer(key), *_WHY), "why") for key in (3, 4))
    return content + not_so


def _said(*steps: Step) -> tuple[Step, ...]:
    return (KeepReason(), *steps)


# fmt: off
SURVEY: tuple[Row, ...] = (
    Row(RINGING, "reached", (_QUESTION,), "asked"),
    *_answers("asked"),
    Row("asked", "nothing", (_AGAIN,), "asked again"),
    *_answers("asked again"),
    Row("asked again", "nothing", (Say(("survey_no_choice",)), HangUp()), OVER),
    # Why: said, or not; the answer stands either way.
    Row("why", "spoken", _said(*_WILL_BE_DONE), OVER),
    Row("why", "hung up, spoken", _said(), OVER),
    Row("why", "hung up", (), OVER),
    Row("why", "key #", (Record("#"),), "why"),
    Row("why", ANYTHING, _WILL_BE_DONE, OVER),
    Row(ANYTHING, "hung up", (), OVER),
    Row(ANYTHING, "fault", (Say(("survey_fault",)), HangUp()), OVER, counts="faults"),
    Row(ANYTHING, "fault again", (HangUp(),), OVER),
    Row(OVER, ANYTHING, (), OVER),
)
# fmt: on

ROWS = indexed(*SURVEY)
