"""Digest authentication, against the examples of the standards."""

import pytest

from hotline.phone import digest
from hotline.phone.digest import Challenge, UnknownChallenge
from hotline.phone.sip import Message

RFC7616 = {
    "realm": "http-auth@example.org",
    "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
    "qop": "auth",
}


def _response(header: str) -> str:
    return header.split('response="')[1].split('"')[0]


def test_the_example_of_rfc_2617():
    challenge = Challenge("testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", qop="auth")
    header = digest.answer(
        challenge,
        method="GET",
        uri="/dir/index.html",
        username="Mufasa",
        password="Circle Of Life",
        cnonce="0a4f113b",
    )
    assert _response(header) == "6629fae49393a05397450978507c4ef1"


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616(algorithm, expected):
    header = digest.answer(
        Challenge(**RFC7616, algorithm=algorithm),
        method="GET",
        uri="/dir/index.html",
        username="Mufasa",
        password="Circle of Life",
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    assert _response(header) == expected


def test_without_qop_the_old_formula_of_rfc_2069_is_used():
    challenge = Challenge("testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093")
    header = digest.answer(
        challenge, method="GET", uri="/dir/index.html", username="Mufasa", password="CircleOfLife"
    )
    assert _response(header) == "1949323746fe6a43ef61f9606e7febea"
    assert "cnonce" not in header


def _asked(*challenges: str, code: int = 401) -> Message:
    name = "WWW-Authenticate" if code == 401 else "Proxy-Authenticate"
    return Message(f"SIP/2.0 {code} Unauthorized", [(name, each) for each in challenges])


def test_the_first_challenge_that_we_know_is_answered():
    asked = _asked(
        'Digest realm="asterisk",nonce="n1",algorithm=SHA-512-256,qop="auth"',
        'Digest realm="asterisk",nonce="n2",opaque="o",algorithm=MD5,qop="auth,auth-int"',
        code=407,
    )
    challenge = digest.read(asked)
    assert challenge == Challenge("asterisk", "n2", "MD5", "auth", "o", "Proxy-Authorization")


def test_an_unknown_challenge_is_refused_by_name():
    with pytest.raises(UnknownChallenge, match="401"):
        digest.read(_asked('Basic realm="x"'))
