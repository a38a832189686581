"""SIP messages of the scripted phone."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.phone import sip
from hotline.phone.sip import BadMessage, Dialog, Message

INVITE = (
    b"INVITE sip:desk1@127.0.0.1:5070 SIP/2.0\r\n"
    b"v: SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bKabc\r\n"
    b'f: "\xe5\xbc\xa0\xe4\xb8\x89" <sip:13800138000@127.0.0.1>;tag=one\r\n'
    b"t: <sip:desk1@127.0.0.1>\r\n"
    b"i: call-1\r\n"
    b"CSeq: 7 INVITE\r\n"
    b"Subject: folded\r\n  over two lines\r\n"
    b"l: 5\r\n\r\nv=0\r\n"
)


def test_a_message_is_read_with_compact_and_folded_headers():
    message = sip.parse(INVITE)
    assert (message.method, message.cseq, message.branch) == ("INVITE", 7, "z9hG4bKabc")
    assert message.get("call-id") == "call-1"
    assert message.get("SUBJECT") == "folded over two lines"
    assert message.body == "v=0\r\n"
    assert sip.user_of(message.get("from")) == "13800138000"
    assert sip.display_name(message.get("from")) == "张三"


def test_what_is_written_reads_the_same():
    message = sip.parse(INVITE)
    again = sip.parse(message.to_bytes())
    assert (again.start, again.headers, again.body) == (message.start, message.headers, message.body)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"hello",
        b"INVITE sip:a SIP/2.0\r\nno colon here\r\n\r\n",
        b"INVITE sip:a SIP/2.0\r\nCSeq: x\r\nCall-ID: 1\r\n\r\n",
        b"SIP/2.0 99999 what\r\nCSeq: 1 INVITE\r\nCall-ID: 1\r\n\r\n",
        b"\xff\xfe\x00" * 20,
    ],
)
def test_bytes_that_are_no_message_are_refused_by_name(raw):
    with pytest.raises(BadMessage):
        sip.parse(raw)


@given(st.binary(max_size=300))
def test_no_datagram_breaks_the_reader(raw):
    with suppress(BadMessage):
        sip.parse(raw)


def test_an_answer_keeps_the_way_back_and_adds_our_tag():
    answer = sip.response(sip.parse(INVITE), 200, "OK", tag="two", contact="<sip:desk1@127.0.0.1:1>")
    assert answer.code == 200
    assert answer.method == "INVITE"
    assert sip.tag_of(answer.get("to")) == "two"
    assert answer.get("via").endswith("branch=z9hG4bKabc")
    again = sip.response(answer, 200, "OK", tag="three", contact="")
    assert sip.tag_of(again.get("to")) == "two"


@given(st.text(max_size=60))
def test_any_name_survives_the_header(name):
    header = f"{sip.quoted(name)} <sip:1@h>"
    message = Message("INVITE sip:a SIP/2.0", [("From", header), ("CSeq", "1 INVITE"), ("Call-ID", "c")])
    read = sip.display_name(sip.parse(message.to_bytes()).get("from"))
    if "\n" not in name and "\r" not in name and name.isprintable():
        assert read == name


def test_the_content_length_counts_bytes_not_characters():
    assert b"Content-Length: 6\r\n" in sip.request("INFO", "sip:a", [], "民生").to_bytes()


def test_a_dialog_names_itself_for_an_attended_transfer():
    dialog = Dialog("c@1", "<sip:desk1@h>;tag=ours", "<sip:8110@h>;tag=theirs", "sip:8110@h:5060")
    assert dialog.replaces("h:5060") == "<sip:8110@h:5060?Replaces=c%401%3Bto-tag%3Dtheirs%3Bfrom-tag%3Dours>"


def test_a_description_says_where_the_audio_goes_and_whether_we_hold():
    media = sip.read_media(sip.describe("127.0.0.1", 4002, "sendonly"))
    assert (media.host, media.port, media.key_events, media.direction) == ("127.0.0.1", 4002, 101, "sendonly")
    assert sip.read_media("v=0\r\n") is None
