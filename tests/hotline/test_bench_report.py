"""What a benchmark prints."""

from hotline.bench.report import Report, Result, percentile


def test_a_report_has_the_shape_that_other_tools_read():
    report = Report("calls", [Result("first packet, median", 6.0, "ms", 50, "playback", 4.0)])
    told = report.to_json()
    assert list(told) == ["bench", "machine", "results"]
    assert told["results"] == [
        {
            "measure": "first packet, median",
            "value": 6.0,
            "unit": "ms",
            "baseline": "playback",
            "baseline_value": 4.0,
            "ratio": 1.5,
            "n": 50,
        }
    ]
    assert told["machine"]["cores"] >= 1


def test_a_result_without_a_baseline_has_no_ratio():
    assert Result("memory", 80.0, "MB", 1).to_json()["ratio"] is None
    assert Result("memory", 80.0, "MB", 1, "before", 0.0).ratio is None


def test_people_read_a_table_with_aligned_columns():
    lines = (
        Report("calls", [Result("a", 1, "ms", 5), Result("longer", 2, "MB", 5, "x", 1)]).table().splitlines()
    )
    assert lines[0].index("value") == lines[1].index("1") == lines[2].index("2  ")


def test_percentiles_are_those_of_the_values():
    assert percentile([], 95) == 0.0
    assert percentile([7.0], 95) == 7.0
    assert percentile([float(n) for n in range(101)], 95) == 95.0
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0
