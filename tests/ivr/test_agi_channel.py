"""A caller's line on Asterisk: keys are not lost, and every ending of a recording is understood."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ivr.agi import Agi
from ivr.agi_channel import AgiChannel, Limits
from ivr.conversation import RecordingEnd
from ivr.steps import Ask, HungUp, NothingPressed, Pressed, Say

NUMBER = Ask(("enter_number",), "0123456789#", seconds=5, max_digits=12, at_once="0")


@dataclass(frozen=True)
class Heard:
    seconds: float = 4.0
    spoken_seconds: float = 3.0
    problem: str | None = None


class Exchange:
    """Answers from a list; what it was asked stands in `asked`."""

    def __init__(self, *answers: str) -> None:
        request = ["agi_network_script: hotline_call", ""]
        self._lines: Iterator[str] = iter([*request, *answers])
        self.asked: list[str] = []

    def readline(self, _limit: int) -> str:
        line = next(self._lines, None)
        return "" if line is None else line + "\n"

    def write(self, text: str) -> None:
        self.asked.append(text.strip())

    def flush(self) -> None:
        pass

    def channel(self, recordings: Path = Path("/nowhere"), heard: Heard = Heard()) -> AgiChannel:
        agi = Agi(self, self)
        return AgiChannel(agi, Path("/prompts"), recordings, Limits(120, 3), lambda _path: heard)


def key(sign: str) -> str:
    return f"200 result={ord(sign)} endpos=900"


PLAYED = "200 result=0 endpos=8000"
NOTHING = "200 result=0"


def test_prompts_are_played_one_after_the_other_and_a_key_ends_them_all() -> None:
    exchange = Exchange(PLAYED, key("9"))
    assert exchange.channel().say(Say(("a", "b", "c"), "09")) == Pressed("9")
    assert exchange.asked == ['STREAM FILE "/prompts/a" "09"', 'STREAM FILE "/prompts/b" "09"']
    assert Exchange(PLAYED, PLAYED).channel().say(Say(("a", "b"), "09")) is None


@pytest.mark.parametrize("step", [Say(("a",), "#"), NUMBER], ids=["say", "ask"])
@pytest.mark.parametrize(
    "end", [["200 result=-1 endpos=0"], ["HANGUP", "511 Command Not Permitted"], []], ids=["-1", "511", "cut"]
)
def test_a_hang_up_is_an_event(step: Say | Ask, end: list[str]) -> None:
    channel = Exchange(*end).channel()
    assert (channel.say(step) if isinstance(step, Say) else channel.ask(step)) == HungUp()


def test_a_hang_up_in_the_middle_of_a_number_is_an_event() -> None:
    assert Exchange(key("1"), "200 result=-1").channel().ask(NUMBER) == HungUp()


def test_a_number_is_collected_until_the_end_key() -> None:
    assert Exchange(key("1"), key("2"), key("#")).channel().ask(NUMBER) == Pressed("12")


def test_an_unfinished_number_is_what_was_pressed_in_time() -> None:
    exchange = Exchange(PLAYED, key("1"), key("2"), NOTHING)
    assert exchange.channel().ask(NUMBER) == Pressed("12")
    assert exchange.asked[-1] == 'WAIT FOR DIGIT "5000"'


def test_a_number_ends_at_its_longest() -> None:
    assert Exchange(*[key("7")] * 40).channel().ask(NUMBER) == Pressed("7" * 12)


def test_keys_that_mean_nothing_are_passed_over() -> None:
    assert Exchange(key("1"), key("*"), key("2"), key("#")).channel().ask(NUMBER) == Pressed("12")
    assert Exchange(PLAYED, key("*"), key("0")).channel().ask(NUMBER) == Pressed("0")


def test_0_at_the_number_does_not_wait_for_more() -> None:
    exchange = Exchange(key("0"))
    assert exchange.channel().ask(NUMBER) == Pressed("0")
    assert len(exchange.asked) == 1


def test_only_the_end_key_is_no_number() -> None:
    assert Exchange(key("#")).channel().ask(NUMBER) == NothingPressed()


def test_a_question_without_waiting_time_is_over_with_its_prompt() -> None:
    exchange = Exchange(PLAYED)
    assert exchange.channel().ask(Ask(("greeting",), "0", seconds=0)) == NothingPressed()
    assert len(exchange.asked) == 1


def test_a_prompt_that_is_missing_is_logged_by_its_name(caplog: pytest.LogCaptureFixture) -> None:
    assert Exchange("200 result=0 endpos=0").channel().say(Say(("goodbye",))) is None
    assert "goodbye" in caplog.text


# ---------------------------------------------------------------- recordings

LIMIT = 120 * 8000


@pytest.mark.parametrize(
    ("line", "ended_by", "pressed"),
    [
        ("200 result=35 (dtmf) endpos=32000", "key", "#"),
        ("200 result=48 (dtmf) endpos=32000", "key", "0"),
        ("200 result=0 (timeout) endpos=32000", "silence", ""),
        ("200 result=2980 (timeout) endpos=32000", "silence", ""),
        (f"200 result=0 (timeout) endpos={LIMIT - 160}", "limit", ""),
        ("200 result=-1 (hangup) endpos=32000", "hangup", ""),
        ("200 result=0 (hangup) endpos=32000", "hangup", ""),
        ("HANGUP\n511 Command Not Permitted on a dead channel", "hangup", ""),
        ("200 result=-1 (waitfor) endpos=0", "hangup", ""),
        ("200 result=-1 (writefile)", "fault", ""),
        ("510 Invalid or unknown command", "refused", ""),
    ],
)
def test_every_ending_of_a_recording(tmp_path: Path, line: str, ended_by: str, pressed: str) -> None:
    channel = Exchange(*line.split("\n")).channel(tmp_path)
    if ended_by == "refused":
        with pytest.raises(Exception, match="510"):
            channel.record("2026/11/24/x.wav", "#09")
        return
    cut = 2.0 if ended_by == "silence" else 0.0  # of the three seconds that ended it, Asterisk keeps one
    expected = RecordingEnd(ended_by, pressed, 4.0, 3.0, cut_seconds=cut)
    assert channel.record("2026/11/24/x.wav", "#09") == expected


def test_what_is_recorded_lies_under_its_day(tmp_path: Path) -> None:
    exchange = Exchange("200 result=35 (dtmf) endpos=32000")
    exchange.channel(tmp_path).record("2026/11/24/x.wav", "#09")
    assert exchange.asked == [f'RECORD FILE "{tmp_path}/2026/11/24/x" "wav" "#09" "120000" "BEEP" "s=3"']
    assert (tmp_path / "2026/11/24").is_dir()


def test_the_end_key_in_the_beep_is_one_key_too_many_and_the_beep_comes_again(tmp_path: Path) -> None:
    hasty = "200 result=35 (randomerror) endpos=0"
    exchange = Exchange(hasty, hasty, "200 result=0 (timeout) endpos=32000")
    assert exchange.channel(tmp_path).record("x.wav", "#09") == RecordingEnd(
        "silence", "", 4.0, 3.0, cut_seconds=2.0
    )
    assert len(exchange.asked) == 3


def test_40_end_keys_in_the_beep_do_not_hold_the_line_for_ever(tmp_path: Path) -> None:
    exchange = Exchange(*["200 result=35 (randomerror) endpos=0"] * 40)
    assert exchange.channel(tmp_path).record("x.wav", "#09") == RecordingEnd("key", "#", 0.0, 0.0, "empty")


@pytest.mark.parametrize(("value", "end"), [(48, ("key", "0")), (57, ("key", "9")), (-1, ("hangup", ""))])
def test_who_presses_0_or_9_or_hangs_up_in_the_beep_is_understood(
    tmp_path: Path, value: int, end: tuple[str, str]
) -> None:
    exchange = Exchange(f"200 result={value} (randomerror) endpos=0")
    assert exchange.channel(tmp_path).record("x.wav", "#09") == RecordingEnd(*end, 0.0, 0.0, "empty")  # type: ignore[arg-type]


def test_without_a_folder_to_record_into_it_is_our_fault(tmp_path: Path) -> None:
    (tmp_path / "2026").write_text("no folder")
    end = Exchange().channel(tmp_path).record("2026/11/24/x.wav", "#09")
    assert (end.ended_by, end.problem) == ("fault", "missing")
