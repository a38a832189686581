"""Facts go to the journal as JSON and come back the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.facts import FACTS, CallEnded, CallStarted, Fact, from_json, to_json

moments = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))]))
texts = st.text(max_size=20)
plain = st.dictionaries(texts, st.none() | texts | st.integers() | st.booleans(), max_size=3)
BY_ANNOTATION: dict[str, st.SearchStrategy[Any]] = {
    "str": texts,
    "str | None": st.none() | texts,
    "datetime": moments,
    "datetime | None": st.none() | moments,
    "float": st.floats(0, 1000),
    "bool": st.booleans(),
    "dict[str, Any]": plain,
}


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    kind = draw(st.sampled_from(list(FACTS.values())))
    values = {name: draw(BY_ANNOTATION[str(each.type)]) for name, each in kind.__dataclass_fields__.items()}
    return kind(**values)


@given(facts())
def test_a_fact_comes_back_from_the_journal_as_it_went(fact: Fact) -> None:
    assert from_json(json.loads(json.dumps(to_json(fact)))) == fact


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"fact": "Earthquake"},
        {"fact": "CallEnded"},
        {"fact": "CallEnded", "call_id": "c", "at": "yesterday", "outcome": "x"},
        {"fact": "CallEnded", "call_id": "c", "at": 7, "outcome": "x"},
        {"fact": "CallEnded", "call_id": "c", "at": "2026-01-01T00:00:00", "outcome": "x"},
        {"fact": "CallEnded", "call_id": "c", "at": "2026-01-01T00:00:00Z", "outcome": "x", "more": 1},
    ],
)
def test_what_is_no_fact_is_refused(line: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"fact|CallEnded|time zone|isoformat"):
        from_json(line)


def test_every_fact_has_an_id_of_its_own() -> None:
    now = datetime.now(UTC)
    ended = {CallEnded(call_id="c", at=now, outcome="message").fact_id for _ in range(100)}
    assert len(ended) == 100


def test_a_fact_is_never_changed() -> None:
    fact = CallStarted(call_id="c", at=datetime.now(UTC), linked_id="l", channel="x", caller="", way_in="key")
    with pytest.raises(AttributeError):
        fact.caller = "1"  # type: ignore[misc]
