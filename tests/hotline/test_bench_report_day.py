"""The benchmark of the nightly report measures what it says, on few calls."""

from __future__ import annotations

from hotline.bench.report_day import Sizes, measure


def test_a_day_is_measured_beside_a_bare_scan_on_both_databases() -> None:
    report = measure(Sizes(calls=300, others=600), lambda _: None)
    for name in ("SQLite", "PostgreSQL"):
        found = [each for each in report.results if each.measure.startswith(name)]
        beside = [each for each in found if each.baseline_value is not None]
        assert len(beside) == 3
        assert all(each.value > 0 for each in found)
        assert {each.unit for each in found} == {"s", "MiB"}
