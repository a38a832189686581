"""`bench search` measures what the screens ask, on cases that the search itself finds."""

from __future__ import annotations

from pathlib import Path

from cases.engine import make_engine
from cases.search import Asked, Own, search
from cases.unit_of_work import reading
from hotline.bench.many_cases import caller_of, fill
from hotline.bench.open_cases import NOW
from hotline.bench.search import Sizes, measure


def test_each_question_is_measured_beside_few_cases() -> None:
    report = measure(Sizes(postgres=0, sqlite=300, turns=2), lambda _line: None).to_json()
    assert report["bench"] == "search"
    names = {each["measure"] for each in report["results"]}
    for asked in ("queue", "case page", "words, two signs, rare", "caller, last four", "filters, late"):
        assert {f"SQLite, 300: {asked}, p95", f"SQLite, 300: {asked}, median"} <= names
    assert all(each["value"] > 0 and each["baseline_value"] > 0 for each in report["results"])


def test_what_it_makes_is_found_as_what_people_say_is(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/many.db"
    engine = make_engine(url, create=True)
    fill(engine, url, 200)
    with reading(engine) as work:
        by_caller = search(work.session, Asked(caller_of(77)), Own(callers=True), NOW)
        by_words = search(work.session, Asked(by_caller[0]["text"]), Own(), NOW, limit=200)
    engine.dispose()
    assert [each["number"] for each in by_caller] == ["10000077"]
    assert "10000077" in {each["number"] for each in by_words}
