"""What must never reach a log: telephone and identity numbers, names, sentences.

The rule is by shape and not by good will: any run of five digits or more is hidden unless its shape says that
it is something else (an id, a moment, an address of a machine), every Chinese or other non-Latin word is
hidden, and fields that hold a person's words or names are hidden whole. Our own messages are plain English.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "***"

PERSONAL = frozenset(
    {
        *("text", "words", "heard", "transcript", "sentence", "note", "reasons", "answer"),
        *("name", "caller", "caller_name", "citizen", "phone", "place", "address_line"),
        *("callerid", "calleridname", "calleridnum", "connectedlinename", "connectedlinenum"),
        *("password", "secret", "token", "cookie", "authorization"),
    }
)
"""Fields hidden whole, whatever they hold."""

_EXEMPT = {
    # A case's number is what people find a log line by. Six digits now, eight in some decades.
    "case": re.compile(r"\d{6,8}"),
    "linked_id": re.compile(r"[\w-]*\d{10}\.\d{1,9}"),
    "channel_id": re.compile(r"[\w-]*\d{10}\.\d{1,9}"),
    "timestamp": re.compile(r"[\dT:.+Z-]+"),
}
"""Field → the only shape in which its digits may pass."""

_MEASURES = frozenset({"pid", "port", "lines", "count", "bytes", "line", "offset", "size", "rc", "rss"})
_MEASURE_ENDINGS = ("_ms", "_seconds", "_bytes", "_count")
_PLAIN_NUMBER_BELOW = 10_000

_SAFE = "|".join(
    (
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",  # our ids
        r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?",  # moments
        r"127\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?",  # this machine
        r"0x[0-9a-f]{6,16}",  # addresses in a traceback
    )
)
_DAY = r"/(?:19|20)\d\d/[01]\d/[0-3]\d(?=/)"  # the day's folder of a recording
# Any writing's digits, with what people put between them. Chinese digits are hidden with the words.
_DIGITS = r"[+\uff0b]?\d(?:[ \t\u00a0().\uff08\uff09/_\-\u2010-\u2015]{0,3}\d){4,}[xX]?"
_PARAMETERS = r"\[parameters:.*?(?:\]\s*(?=\(|\n|$)|\Z)"
_WORDS = r"[^\x00-\u024f\u2010-\u2027\u2190-\u21ff]+"
_FIND = re.compile(
    rf"(?P<safe>{_DAY}|(?<!\w)(?:{_SAFE})(?!\w))|(?P<hide>{_DIGITS}|{_WORDS})", re.IGNORECASE | re.ASCII
)
_FOREIGN_DIGITS = {
    code: str(int(chr(code)))
    for first in (0xFF10, 0x0660, 0x06F0, 0x0966)
    for code in range(first, first + 10)
}


def masked_text(text: str) -> str:
    """The text without anything that could be a person's number, name or sentence."""
    text = re.sub(_PARAMETERS, f"[parameters: {HIDDEN}]", text, flags=re.DOTALL)
    return _FIND.sub(lambda found: found["safe"] or HIDDEN, text.translate(_FOREIGN_DIGITS))


def masked(field: str, value: Any) -> Any:
    """The value as it may stand in a log under this field's name."""
    name = field.lower()
    if name in PERSONAL:
        return HIDDEN if value else value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _number(name, value)
    if isinstance(value, Mapping):
        return {masked_text(str(key)): masked(str(key), each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(field, each) for each in value]
    text = value if isinstance(value, str) else str(value)
    shape = _EXEMPT.get(name)
    return text if shape and shape.fullmatch(text) else masked_text(text)


def _number(name: str, value: float) -> float | str:
    if abs(value) < _PLAIN_NUMBER_BELOW:
        return round(value, 3) if isinstance(value, float) else value
    return value if name in _MEASURES or name.endswith(_MEASURE_ENDINGS) else HIDDEN


def mask(_logger: Any, _method: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """The structlog processor: every field of the line, by its name and its shape."""
    return {field: value if field.startswith("_") else masked(field, value) for field, value in event.items()}
