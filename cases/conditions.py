"""What a move needs beside its state and role: the conditions of the rules, by their ids.

A refusal names the condition it met. A test keeps this list, docs/case-life.md and the code in step.
"""

from __future__ import annotations

from collections.abc import Mapping

CONDITIONS: Mapping[str, str] = {
    "M00.1": "no text is longer than 5,000 characters",
    "M00.2": "the move's time is not before the case's last change (a minute is forgiven)",
    "M00.3": "a unit moves only what it has now, a desk only what it passed on",
    "M00.4": "photos go with a note or a report",
    "M00.5": "a sandbox's clock is set forward only, and production's not at all",
    "M00.6": "a photo is a JPEG, PNG or WebP picture of at most 12 MB and 40 million pixels",
    "M03.1": "a unit in use is named, or stands in the case",
    "M03.2": "the deadline class is one of the city's",
    "M03.3": "a co-unit does not have the case already",
    "M05.1": "a reason is given",
    "M05.2": "within 2 working days from the dispatch",
    "M05.3": "no supervisor has ruled that this unit does it",
    "M06.1": "after the third return a supervisor rules",
    "M06.2": "the unit is in use",
    "M07.1": "a reason is given",
    "M07.2": "the deadline has not passed",
    "M07.3": "it is asked for once each time the unit is given the case",
    "M07.4": "1 to 10 working days",
    "M08.1": "a unit has asked and waits for an answer",
    "M08.2": "not more days than were asked for",
    "M09.1": "a unit has asked and waits for an answer",
    "M10.1": "a unit in use is named",
    "M10.2": "it does not have the case already",
    "M10.3": "a part's days are between 0 and those of the longest class",
    "M11.1": "a text or a photo is given",
    "M11.2": "a unit waits for the citizen only while its clock runs and its deadline has not passed",
    "M11.3": "only staff say whether a caller's name and number are kept from units",
    "M12.1": "a text or a photo is given",
    "M12.2": "only the unit says that it waits for the citizen",
    "M12.3": "only staff say whether a caller's name and number are kept from units",
    "M15.1": "an answer for the citizen is given",
    "M18.1": "an answer for the citizen is given",
    "M19.1": "a unit had the case before",
    "M19.2": "within 30 days from the completion, for everybody but a supervisor",
    "M20.1": "a reason is given",
    "M20.2": "the review is after today, and within 180 days",
    "M22.1": "an outcome says what was decided",
    "M22.2": "a promise names a day that is still to come",
    "M22.3": "there is a list to put it on, and it is not on it",
    "M23.1": "it is said why it cannot be solved and what is asked for",
    "M23.2": "only a leader instructs on a special report",
    "M23.3": "an instruction says something",
    "M24.1": "it concerns many, stirs strong reaction and is transferred without an end: all three",
    "M24.2": "a reason is given",
    "M24.3": "it was not started before",
    "M25.1": "within 30 days from the end, for everybody but a supervisor",
    "M26.1": "another case is named by its number",
    "M26.2": "that case is not merged itself",
    "M26.3": "that case is still open",
}
"""The numbers are those of the settings as they come (cases/rules.py)."""

TAKES: Mapping[str, Mapping[str, bool]] = {
    "M03": {"unit": False, "units": False, "deadline_class": False, "reason": False},
    "M05": {"reason": True},
    "M06": {"unit": False, "reason": False},
    "M07": {"reason": True, "days": False},
    "M08": {"unit": False, "days": False, "reason": False},
    "M09": {"unit": False, "reason": False},
    "M10": {"unit": True, "part": False, "days": False},
    "M11": {"reason": True, "photos": False, "waiting": False},
    "M12": {"reason": True, "waiting": False, "confidential": False},
    "M15": {"answer": True, "reason": False, "photos": False},
    "M17": {"answer": False, "reason": False},
    "M18": {"answer": True},
    "M20": {"reason": True, "until": False},
    "M24": {"reason": True},
    "M26": {"into": True, "reason": False},
}
"""What a rule's move is given (the names of cases.moving.Asked), and whether it must be; others a reason."""
