"""What every benchmark prints: the same JSON, and a table for people."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any


@dataclass(frozen=True)
class Result:
    """One measured value, beside the value of a baseline measured in the same run where there is one."""

    measure: str
    value: float
    unit: str
    n: int
    baseline: str = ""
    baseline_value: float | None = None

    @property
    def ratio(self) -> float | None:
        if not self.baseline_value:
            return None
        return round(self.value / self.baseline_value, 2)

    def to_json(self) -> dict[str, Any]:
        return {
            "measure": self.measure,
            "value": self.value,
            "unit": self.unit,
            "baseline": self.baseline or None,
            "baseline_value": self.baseline_value,
            "ratio": self.ratio,
            "n": self.n,
        }


@dataclass(frozen=True)
class Report:
    bench: str
    results: Sequence[Result]

    def to_json(self) -> dict[str, Any]:
        return {
            "bench": self.bench,
            "machine": machine(),
            "results": [each.to_json() for each in self.results],
        }

    def table(self) -> str:
        rows = [("measure", "value", "unit", "n", "baseline", "value", "ratio")]
        for each in self.results:
            base = "" if each.baseline_value is None else f"{each.baseline_value:g}"
            ratio = "" if each.ratio is None else f"{each.ratio:g}"
            rows.append((each.measure, f"{each.value:g}", each.unit, str(each.n), each.baseline, base, ratio))
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
        ]
        return "\n".join(line.rstrip() for line in lines)


def machine() -> dict[str, Any]:
    """What it ran on. No name of the machine: reports are published."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": _cpu_name(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory / 2**30, 1),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that `percent` of the values do not exceed; for one value, that one. 0 for none."""
    if len(values) < 2:
        return values[0] if values else 0.0
    return quantiles(sorted(values), n=100, method="inclusive")[percent - 1]
