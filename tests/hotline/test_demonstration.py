"""What `make run` shows of its demonstration call."""

from __future__ import annotations

from hotline import demonstration


def step(what: str, detail: str) -> dict[str, object]:
    return {"at": 1.0, "who": "citizen", "what": what, "detail": detail}


def test_a_number_heard_digit_by_digit_is_shown_on_one_line() -> None:
    steps = [step("heard", "your_number"), *(step("heard", f"digit_{digit}") for digit in "107")]
    steps += [step("heard", "once_more"), *(step("heard", f"digit_{digit}") for digit in "107")]

    shown = demonstration._steps({"steps": steps, "seconds": 9.0})

    assert [line.split()[-1] for line in shown[:-1]] == ["your_number", "107", "once_more", "107"]
    assert shown[-1] == "  the call took 9 s"
