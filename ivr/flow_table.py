"""The call script as a page for people: docs/call-flow.md is made of the table and held against it by a test.

python -m ivr.flow_table > docs/call-flow.md
"""

from __future__ import annotations

from ivr.city_flow import EVERYWHERE, TABLE, Row
from ivr.prompts import prompts
from ivr.steps import (
    Ask,
    ClaimFree,
    HangUp,
    KeepAnswer,
    KeepReason,
    LookUp,
    OpenCase,
    PromiseCallBack,
    Record,
    Reword,
    Say,
    Step,
    Transfer,
)
from ivr.survey_flow import SURVEY

_HEAD = """# The call script

One table, `ivr/city_flow.py`; this page is made of it (`python -m ivr.flow_table`). A row reads: at this
node, when this happens, take these steps and wait at that node; `anything` is what no other row of the node
names. One level, a key cuts every question short, and there is no dead end: `tests/ivr/test_flow.py` walks it
at random.
"""
_SURVEY = """## The survey

By an outbound call, once a unit says that it is done: `ivr/survey_flow.py`. The same machinery, a table of
its own.
"""
_COLUMNS = "| at | when | steps | then |\n|---|---|---|---|"


def page() -> str:
    """The whole page, Markdown."""
    rows = "\n".join(_line(row) for row in (*TABLE, *EVERYWHERE))
    survey = "\n".join(_line(row) for row in SURVEY)
    texts = "\n".join(
        f"| `{prompt.name}` | {prompt.text or f'({prompt.silence} s of silence)'} |"
        for prompt in prompts().values()
    )
    return (
        f"{_HEAD}\n{_COLUMNS}\n{rows}\n\n{_SURVEY}\n{_COLUMNS}\n{survey}\n\n"
        f"## The prompts\n\n| name | text |\n|---|---|\n{texts}\n"
    )


def _line(row: Row) -> str:
    steps = " · ".join(_words(step) for step in row.steps) or "–"
    return f"| {row.at} | {row.on} | {steps} | {row.to} |"


def _words(step: Step) -> str:
    match step:
        case Say(prompts=names, keys=keys):
            return "say " + _named(names) + (f" (keys {keys})" if keys else "")
        case Ask(prompts=names, keys=keys):
            return f"ask {_named(names)} (keys {keys})"
        case Record(keys=keys):
            return f"record (ends at {' '.join(keys)}, silence, limit, hang-up)"
        case OpenCase():
            return "open the case"
        case Reword():
            return "put these words in the place of the first"
        case ClaimFree():
            return "note the claim"
        case PromiseCallBack(reason=reason):
            return f"promise a call-back ({reason})"
        case LookUp():
            return "look the case up"
        case Transfer(to=to):
            return f"transfer to the {to}" if to == "desk" else "transfer to an agent"
        case HangUp():
            return "hang up"
        case KeepAnswer(answer=answer):
            return f"keep the answer {answer}"
        case KeepReason():
            return "keep the reason"


def _named(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 — this is what it is for
