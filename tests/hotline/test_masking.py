"""No number, name or sentence of a caller passes into a log, whatever a line of code puts there."""

from __future__ import annotations

import io
import json
import logging
import re
import subprocess
import sys
import uuid

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from hotline import logs
from hotline.masking import HIDDEN, masked, masked_text

DIGITS = "0123456789"
phone_numbers = st.one_of(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.from_regex(r"0[1-9][0-9]{2}-?[0-9]{7,8}", fullmatch=True),
    st.from_regex(r"\+86 ?1[3-9][0-9] ?[0-9]{4} ?[0-9]{4}", fullmatch=True),
    st.from_regex(r"\(0[1-9][0-9]{2}\) ?[0-9]{4}[- ][0-9]{3,4}", fullmatch=True),
    st.from_regex(r"[2-9][0-9]{6,7}", fullmatch=True),
)
identity_numbers = st.from_regex(
    r"[1-6][0-9]{5}(19|20)[0-9]{2}[01][0-9][0-3][0-9][0-9]{3}[0-9X]", fullmatch=True
)
chinese = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=12)
around = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters=DIGITS), max_size=20)
fields = st.sampled_from(
    ["what", "detail", "error", "event", "url", "case", "linked_id", "call_id", "port", "path"]
)


def digits_of(text: str) -> str:
    return re.sub(r"\D", "", text)


@given(around, phone_numbers, around, fields)
def test_no_telephone_number_passes_in_any_field(before: str, number: str, after: str, field: str) -> None:
    shown = str(masked(field, f"{before} {number} {after}"))
    assert digits_of(number) not in digits_of(shown)
    assert len(digits_of(shown)) < 5


@given(around, identity_numbers, around)
def test_no_identity_number_passes(before: str, number: str, after: str) -> None:
    assert len(digits_of(masked_text(f"{before} {number}{after}"))) < 5


@given(phone_numbers, st.sampled_from(["0123456789", "٠١٢٣٤٥٦٧٨٩"]))
def test_no_number_in_other_digits_passes(number: str, digits: str) -> None:
    written = number.translate(str.maketrans(DIGITS, digits))
    shown = masked_text(f"call {written} now")
    assert not any(digit in shown for digit in digits)
    assert len(digits_of(shown)) < 5


@given(around, chinese, around)
def test_no_chinese_word_passes(before: str, words: str, after: str) -> None:
    shown = masked_text(before + words + after)
    assert not re.search(r"[\u4e00-\u9fff]", shown)


@given(st.text(max_size=80))
def test_masking_again_changes_nothing_more(text: str) -> None:
    once = masked_text(text)
    assert len(re.findall(r"(?a:\d)", masked_text(once))) == len(re.findall(r"(?a:\d)", once))


@given(st.integers(min_value=10_000))
def test_a_long_number_passes_only_as_a_measure(number: int) -> None:
    assert masked("caller_number", number) == HIDDEN
    assert masked("what", number) == HIDDEN
    assert masked("bytes", number) == number
    assert masked("taken_ms", number) == number


@given(st.uuids())
def test_our_own_ids_pass(some: uuid.UUID) -> None:
    assert masked("call_id", str(some)) == str(some)
    assert masked_text(f"recording {some} is damaged") == f"recording {some} is damaged"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("case", "100009"),
        ("linked_id", "1764025513.42"),
        ("port", 49152),
        ("pid", 123456),
        ("seconds", 12.5),
        ("at", "2026-11-24T23:30:01.123456+00:00"),
        ("what", "listens at 127.0.0.1:49152"),
        ("path", "recordings/2026/11/24/3f2504e0-4f89-41d3-9a0c-0305e82c3301.wav"),
        ("model", "vosk-model-small-cn-0.22"),
        ("error", "DatabaseAway"),
    ],
)
def test_what_an_operator_needs_passes(field: str, value: object) -> None:
    assert masked(field, value) == value


@pytest.mark.parametrize(
    "field", ["caller", "caller_name", "text", "heard", "words", "name", "password", "Caller"]
)
def test_a_persons_fields_are_hidden_whole(field: str) -> None:
    assert masked(field, "Wang") == HIDDEN
    assert masked("detail", {field: "Wang"}) == {field: HIDDEN}


def test_a_case_field_does_not_let_a_telephone_number_pass() -> None:
    assert masked("case", "13800000001") == HIDDEN


@pytest.fixture
def written() -> io.StringIO:
    before = logging.getLogger().handlers[:], logging.getLogger().level
    chain = structlog.get_config()
    out = io.StringIO()
    logs.configure("test", stream=out, readable=False)
    yield out
    logging.getLogger().handlers[:], level = before
    logging.getLogger().setLevel(level)
    structlog.configure(**chain)


def lines(written: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_line_is_json_with_service_moment_and_level(written: io.StringIO) -> None:
    logs.get("x").warning("recording is damaged", recording_id="r", problem="cut short")
    (line,) = lines(written)
    assert line["service"] == "test"
    assert line["event"] == "recording is damaged"
    assert line["level"] == "warning"
    assert str(line["timestamp"]).startswith("20")


def test_lines_of_libraries_go_through_the_same_mask(written: io.StringIO) -> None:
    logging.getLogger("alembic.runtime").error("caller %s said %s", "13800000001", "下水道堵了")
    logging.getLogger("rq.worker").error("job for 0599-6321234", extra={"caller": "13800000001"})
    shown = written.getvalue()
    assert "1380000" not in shown
    assert "6321234" not in shown
    assert "下水道" not in shown
    assert lines(written)[0]["event"] == f"caller {HIDDEN} said {HIDDEN}"


def test_a_traceback_keeps_its_places_and_loses_its_people(written: io.StringIO) -> None:
    try:
        raise ValueError("[SQL: INSERT]\n[parameters: ('Li Lei', '13800000001')]\n(see the manual)")
    except ValueError:
        logs.get("x").exception("a step failed")
    (line,) = lines(written)
    assert "test_masking.py" in str(line["exception"])
    assert "Li Lei" not in str(line["exception"])
    assert "1380000" not in str(line["exception"])


def test_a_terminal_gets_readable_lines(written: io.StringIO) -> None:
    out = io.StringIO()
    logs.configure("test", stream=out, readable=True)
    logs.get("x").info("takes calls", port=4573, caller="13800000001")
    assert "takes calls" in out.getvalue()
    assert "13800000001" not in out.getvalue()


def test_a_program_that_configured_nothing_is_masked_too_and_keeps_its_own_output() -> None:
    code = "from hotline import logs; logs.get('x').error('call of', caller='Wang', what='13800000001')"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == ""
    assert "call of" in ran.stderr
    assert "Wang" not in ran.stderr
    assert "1380000" not in ran.stderr
