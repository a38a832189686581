"""One unit's entry of a city file changed in its text: comments and order stay as somebody wrote them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date

TABLES = ("unit", "township", "team", "expert", "firm")
"""Tables whose entries are units in the database."""
Value = str | date | Sequence[str]
_HEADER = re.compile(r"^\s*\[")


class NoSuchEntry(Exception):
    """The text has no unit of this code."""


def with_fields(text: str, code: str, fields: Mapping[str, Value]) -> str:
    """The text with these keys of the unit's entry; an empty value takes the key away. Raises NoSuchEntry."""
    lines = text.splitlines()
    begin, end = _entry(lines, code)
    block = lines[begin:end]
    for key, value in fields.items():
        block = _with(block, key, value)
    return "\n".join([*lines[:begin], *block, *lines[end:]]) + "\n"


def _entry(lines: Sequence[str], code: str) -> tuple[int, int]:
    """From the header's line to the line after the entry's last one."""
    headers = [place for place, line in enumerate(lines) if _HEADER.match(line) and _is_header(line)]
    wanted = re.compile(rf"""^\s*code\s*=\s*["']{re.escape(code)}["']""")
    for place, until in zip(headers, [*headers[1:], len(lines)], strict=True):
        name = lines[place].split("#")[0].strip(" []")
        if name in TABLES and any(wanted.match(line) for line in lines[place:until]):
            return place, until
    raise NoSuchEntry(code)


def _is_header(line: str) -> bool:
    """[name] or [[name]], and no line of an array."""
    return re.match(r"^\s*\[\[?\s*[\w.\-]+\s*\]\]?\s*(#.*)?$", line) is not None


def _with(block: Sequence[str], key: str, value: Value) -> list[str]:
    found = _where(block, key)
    written = [f"{key} = {_written(value)}"] if value or isinstance(value, date) else []
    if found is None:
        after = _after_code(block)
        return [*block[:after], *written, *block[after:]]
    return [*block[: found[0]], *written, *block[found[1] :]]


def _where(block: Sequence[str], key: str) -> tuple[int, int] | None:
    """The key's lines: an array may go over several."""
    begins = re.compile(rf"^\s*{re.escape(key)}\s*=")
    for place, line in enumerate(block):
        if begins.match(line):
            until = place + 1
            while until < len(block) and not _closed("\n".join(block[place:until])):
                until += 1
            return place, until
    return None


def _closed(text: str) -> bool:
    """Whether every bracket outside of strings is closed."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|#[^\n]*', "", text)
    return bare.count("[") <= bare.count("]")


def _after_code(block: Sequence[str]) -> int:
    found = _where(block, "name") or _where(block, "code")
    return found[1] if found else 1


def _written(value: Value) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return _quoted(value)
    return "[" + ", ".join(map(_quoted, value)) + "]"


def _quoted(text: str) -> str:
    """A basic string: JSON's way of writing one, and the one sign that TOML wants escaped besides."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
