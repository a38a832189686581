"""The benchmark of the supervision measures what it says, on a few cases."""

from __future__ import annotations

from hotline.bench.supervise import Sizes, measure


def test_it_takes_every_due_step_once_on_both_databases() -> None:
    said: list[str] = []
    report = measure(Sizes(open=400, due=40, sqlite_open=400), said.append)
    found = {each.measure: each for each in report.results}
    for name in ("PostgreSQL", "SQLite"):
        one = found[f"{name}: 40 due of 400 open"]
        assert one.value > 0
        assert one.baseline_value is not None
        assert found[f"{name}: two at once, steps taken twice or lost"].value == 0
    assert any("Index Only Scan" in each for each in said)
    assert any("USING COVERING INDEX" in each for each in said)
