"""The rendered configuration on a real Asterisk: it loads without a complaint, and lets in whom it should."""

import re
import socket

import pytest

from asterisk_conf.modules import MODULES
from hotline.ami import Ami, AmiError, connect
from hotline.phone.call import Refused
from hotline.phone.phone import Login, Phone
from hotline.redirect import NothingToPassOn, redirect


def reachable(host, port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def test_it_loads_without_a_warning(exchange):
    assert [line for line in exchange.log.splitlines() if "WARNING" in line or "ERROR" in line] == []


def test_every_module_runs_and_no_other(exchange):
    rows = re.findall(r"^(\w+)\.so .*?(Running|Not Running)", exchange.says("module show"), re.MULTILINE)
    assert {name for name, _ in rows} == set(MODULES)
    assert {state for _, state in rows} == {"Running"}


@pytest.mark.parametrize(
    ("listing", "used"),
    [
        ("core show applications", r"(?:,|\?|\()([A-Z][A-Za-z]+)\("),
        ("core show functions", r"(?:\$\{|Set\()([A-Z_]+)\("),
    ],
)
def test_every_application_and_function_of_the_dialplan_is_loaded(exchange, listing, used):
    known = {word.lower() for word in re.findall(r"[A-Za-z_]+", exchange.says(listing))}
    etc = exchange.conf.parent
    text = "".join(path.read_text("utf-8") for path in etc.glob("dialplan_*.conf"))
    text = re.sub(r"^\s*;.*$", "", text, flags=re.MULTILINE)
    words = {word.lower() for word in re.findall(used, text)}
    if listing.endswith("applications"):
        words -= {word.lower() for word in re.findall(r"(?:\$\{|Set\(|\()([A-Z_]+)\(", text)}
    assert len(words) > 8
    assert words - known == set()


def test_the_city_may_not_be_managed_from_outside(exchange):
    settings = exchange.settings
    assert reachable("127.0.0.1", settings.ami_port)
    assert not reachable("127.0.0.2", settings.ami_port)
    assert not reachable("127.0.0.2", settings.ari_port)


@pytest.fixture
def phone(exchange):
    phones = []

    def make(user, login=None):
        host, port = exchange.settings.host, exchange.settings.sip_port
        phones.append(Phone(user, (host, port), login=login))
        return phones[-1]

    yield make
    for each in phones:
        each.close()


def password(exchange, name):
    return exchange.settings.phone_passwords[name].get_secret_value()


@pytest.mark.parametrize("number", ["110", "8110", "agent1", "s", "13800138000"])
def test_who_has_no_password_reaches_nobody(phone, number):
    with pytest.raises(Refused) as refused:
        phone("13800138000").dials(number).is_answered()
    assert refused.value.code == 401


def test_a_name_without_its_password_registers_nothing(phone):
    with pytest.raises(Refused) as refused:
        phone("desk1", Login("desk1", "not-the-password")).registers()
    assert refused.value.code in (401, 403)


def test_a_desk_cannot_register_as_another(phone, exchange):
    phone("desk2", Login("desk1", password(exchange, "desk1"))).registers()
    assert "/sip:" not in exchange.says("pjsip show aor desk2")
    assert "desk1/sip:desk2@" in exchange.says("pjsip show aor desk1")


@pytest.mark.parametrize("number", ["110", "13900139000", "s", "desk2", "minsheng110", "911"])
def test_a_desk_dials_agents_and_nobody_else(phone, exchange, number):
    desk = phone("desk1", Login("desk1", password(exchange, "desk1")))
    with pytest.raises(Refused) as refused:
        desk.dials(number).is_answered()
    assert refused.value.code == 404


def test_the_trunk_reaches_110_and_the_hotline_and_nobody_else(phone, exchange):
    secret = exchange.settings.trunk_password.get_secret_value()
    trunk = phone("13800138000", Login(exchange.settings.trunk_username, secret))
    for number in ("desk1", "agent1", "81101", "13900139000"):
        with pytest.raises(Refused) as refused:
            trunk.dials(number).is_answered()
        assert refused.value.code == 404


# ---------------------------------------------------------------- orders
def test_an_order_that_is_not_ours_to_give_is_refused(exchange):
    with connect(exchange.settings) as ami:
        for action, fields in {
            "Command": {"Command": "core show channels"},
            # We may ring somebody; nobody may start a program by it.
            "Originate": {"Channel": "Local/s@minsheng110", "Application": "System", "Data": "true"},
            "GetConfig": {"Filename": "pjsip.conf"},
        }.items():
            with pytest.raises(AmiError, match="refused"):
                ami.ask(action, **fields)
        assert ami.ask("Ping")["Response"] == "Success"


def test_a_line_break_in_a_value_never_leaves_the_house(exchange):
    with connect(exchange.settings) as ami:
        with pytest.raises(AmiError, match="line break"):
            ami.ask("Redirect", Channel="x\r\nAction: Logoff", Context="minsheng110", Exten="s", Priority="1")
        assert ami.listed("CoreShowChannels") == []


def test_a_wrong_password_for_orders_is_one_line(exchange):
    with pytest.raises(AmiError, match="Login: refused"):
        Ami(exchange.settings.ami_port, "wrong")


def test_no_asterisk_is_one_line(exchange):
    with pytest.raises(AmiError, match="is it running"):
        Ami(exchange.settings.fastagi_port, "nobody is there")


def test_a_desk_that_talks_to_nobody_has_nobody_to_pass_on(exchange):
    with pytest.raises(NothingToPassOn, match="is not talking to a caller"):
        redirect(exchange.settings, "desk1")
    with pytest.raises(NothingToPassOn, match="there is no desk 'nobody'"):
        redirect(exchange.settings, "nobody")
