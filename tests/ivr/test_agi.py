"""Asterisk's own line: what is asked is quoted, what is answered is understood, an end is one event."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.agi import LINE_LIMIT, Agi, Answer, BadRequest, CommandRefused, HangUp

REQUEST = "agi_network: yes\nagi_network_script: hotline_call\nagi_callerid: 110\n\n"


class Exchange(io.StringIO):
    """What the exchange says, and in `told` what it was told."""

    def __init__(self, *answers: str) -> None:
        super().__init__(REQUEST + "".join(f"{answer}\n" for answer in answers))
        self.told = io.StringIO()

    def agi(self) -> Agi:
        return Agi(self, self.told)


def test_a_request_is_read_into_names_and_values() -> None:
    assert Exchange().agi().env == {"network": "yes", "network_script": "hotline_call", "callerid": "110"}


@pytest.mark.parametrize(
    "request_text",
    [
        "GET / HTTP/1.1\n\n",
        "agi_network: yes\n\n",
        "agi_a: b\n" * 1000,
        "agi_a: " + "x" * LINE_LIMIT + "\n\n",
    ],
    ids=["HTTP", "no script", "too many lines", "a long line"],
)
def test_a_request_that_is_none_says_why_and_quotes_nothing(request_text: str) -> None:
    with pytest.raises(BadRequest) as refused:
        Agi(io.StringIO(request_text), io.StringIO())
    assert "HTTP" not in str(refused.value)
    assert "xx" not in str(refused.value)


def test_a_request_that_stops_is_a_hang_up() -> None:
    with pytest.raises(HangUp):
        Agi(io.StringIO("agi_network: yes\n"), io.StringIO())


@given(st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\r\n\0"), max_size=80))
def test_an_argument_cannot_leave_its_quotes(value: str) -> None:
    exchange = Exchange("200 result=1")
    exchange.agi().ask("SET VARIABLE", "X", value)
    command = exchange.told.getvalue()
    assert command.count("\n") == 1
    quoted = command.removeprefix('SET VARIABLE "X" "').removesuffix('"\n')
    plain = quoted.replace("\\\\", "").replace('\\"', "")
    assert '"' not in plain
    assert quoted.replace('\\"', '"').replace("\\\\", "\\") == value or "\\" in value


@pytest.mark.parametrize("sign", ["\n", "\r", "\0", "a\nSET VARIABLE X Y"])
def test_a_line_break_in_an_argument_is_refused_before_anything_is_sent(sign: str) -> None:
    exchange = Exchange("200 result=1")
    with pytest.raises(ValueError, match="line break"):
        exchange.agi().ask("VERBOSE", sign)
    assert exchange.told.getvalue() == ""


def test_a_variable_with_line_breaks_is_set_on_one_line() -> None:
    exchange = Exchange("200 result=1")
    exchange.agi().set("MS_NOTE", "one\ntwo\r\nthree")
    assert exchange.told.getvalue() == 'SET VARIABLE "MS_NOTE" "one two three"\n'


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("200 result=35 (dtmf) endpos=16000", Answer(35, "dtmf", 16000)),
        ("200 result=-1 (hangup) endpos=5", Answer(-1, "hangup", 5)),
        ("200 result=0 (timeout) endpos=960000", Answer(0, "timeout", 960000)),
        ("200 result=0 endpos=8000", Answer(0, "", 8000)),
        ("200 result=-1 (writefile)", Answer(-1, "writefile")),
        ("200 result=", Answer(0)),
    ],
)
def test_an_answer_keeps_its_reason_and_where_it_ended(line: str, answer: Answer) -> None:
    assert Exchange(line).agi().ask("RECORD FILE") == answer


@pytest.mark.parametrize(
    "said",
    [[], ["HANGUP"], ["HANGUP", "511 Command Not Permitted on a dead channel"], ["200 result=-1 endpos=0"]],
    ids=["the line ends", "HANGUP and the end", "511", "-1"],
)
def test_every_end_is_one_hang_up(said: list[str]) -> None:
    with pytest.raises(HangUp):
        Exchange(*said).agi().play("/prompts/greeting", "#")


def test_a_command_that_asterisk_does_not_know_is_our_mistake_and_the_line_goes_on() -> None:
    usage = ["520-Invalid command syntax.  Proper usage follows:", "Usage: ...", "520 End of proper usage."]
    agi = Exchange("510 Invalid or unknown command", *usage, "200 result=1").agi()
    for _ in range(2):
        with pytest.raises(CommandRefused):
            agi.ask("NONSENSE")
    assert agi.ask("VERBOSE", "well").value == 1


def test_a_value_may_hold_brackets() -> None:
    agi = Exchange("200 result=1 (a (b) c)", "200 result=0", "200 result=1 (1|(2)|)").agi()
    assert agi.variable("X") == "a (b) c"
    assert agi.variable("Y") == ""
    assert agi.variables("A", "B", "C") == {"A": "1", "B": "(2)", "C": ""}
