"""`python -m web.translate`: bring the English texts up to date with the pages, and compile them.

Texts in the code are Chinese. A new one is added to messages.po without its English, and named; one that is
used no more is dropped. The compiled file is committed beside it: an installation builds nothing.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOM = Path(__file__).parent
ENGLISH = ROOM / "translations" / "en" / "LC_MESSAGES" / "messages.po"
_METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
_KEYWORDS = {"_": None, "gettext": None, "_l": None, "_lp": ((1, "c"), 2)}

_HEADER: dict[str, Any] = {
    **{"project": "minsheng110", "version": "", "msgid_bugs_address": "", "last_translator": ""},
    # The same texts give the same file, whenever they are compiled.
    **dict.fromkeys(("creation_date", "revision_date"), datetime(2026, 1, 1, tzinfo=UTC)),
}

Key = tuple[str | None, str]
"""The context, when a text has several meanings; and the text."""


def texts() -> set[Key]:
    """Every text that a page may show."""
    found = extract_from_dir(ROOM, method_map=_METHODS, keywords=_KEYWORDS)
    return {(context, str(text)) for _file, _line, text, _comments, context in found}


def english() -> dict[Key, str]:
    """Text → its English, as committed."""
    with ENGLISH.open("rb") as file:
        rows = [each for each in read_po(file, locale="en") if each.id]
    return {(each.context, str(each.id)): str(each.string or "") for each in rows}


def catalog() -> Catalog:
    """The texts of today with the English that is there."""
    known, made = english(), Catalog(locale="en", fuzzy=False, header_comment="# English texts.", **_HEADER)
    for context, text in sorted(texts(), key=lambda key: (key[1], key[0] or "")):
        flags = ["python-format"] if "%(" in text else []
        made.add(text, known.get((context, text), ""), flags=flags, context=context)
    return made


def main() -> int:
    made = catalog()
    with ENGLISH.open("wb") as file:
        write_po(file, made, width=108, omit_header=False)
    with ENGLISH.with_suffix(".mo").open("wb") as file:
        write_mo(file, made)
    missing = [str(each.id) for each in made if each.id and not each.string]
    print("\n".join(missing) or "every text has its English", file=sys.stderr)  # noqa: T201 - a tool's answer
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
