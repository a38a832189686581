"""The rendered configuration, held against the code and against what must never be in it."""

import re
import stat
from collections import defaultdict
from pathlib import Path

import pytest
from pydantic import SecretStr

from asterisk_conf.modules import MODULES
from asterisk_conf.render import PROMPTS, render, render_texts
from asterisk_conf.site import ConfError
from ivr import dialplan_variables as names
from ivr.prompts import prompts

ROOT = Path(__file__).parents[2]
COMMENT = re.compile(r"^\s*;.*$", re.MULTILINE)


def sections(text, kind=None):
    """[{option: value}] of a file; with `kind`, those of this type. Sections may share a name."""
    found = []
    for line in COMMENT.sub("", text).splitlines():
        if header := re.match(r"\[([^\]]+)\](\(.*\))?", line):
            found.append({"name": header[1], "from": header[2] or ""})
        elif "=" in line and found:
            option, _, value = line.partition("=")
            found[-1][option.strip()] = value.lstrip("> ").strip()
    return [each for each in found if kind is None or each.get("type") == kind]


# ---------------------------------------------------------------- the code and the dialplan agree
def test_the_dialplan_starts_every_script_of_the_door_and_no_other(dialplan, site):
    started = set(re.findall(r"AGI\(agi://127\.0\.0\.1:(\d+)/(\w+)\)", dialplan))
    assert started == {(str(site.fastagi_port), script) for script in names.SCRIPTS}


def test_every_shared_variable_is_set_by_one_side_and_read_by_the_other(dialplan):
    set_here = set(re.findall(r"(?:Set\(_*|Set\(EXPORT\(\$\{MS_\w+\},_*|\^__)(MS_\w+)", dialplan))
    named_here = set(re.findall(r"MS_\w+", dialplan))
    assert named_here == names.FROM_DIALPLAN | names.FROM_AGI
    assert set_here >= names.FROM_DIALPLAN
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "agi_scripts").glob("*.py"))
    constants = {getattr(names, name) for name in re.findall(r"names\.([A-Z_]+)\b", sources)}
    assert constants >= names.FROM_DIALPLAN | names.FROM_AGI | names.SCRIPTS


def test_the_prompts_that_the_dialplan_plays_exist(dialplan, site):
    played = set(re.findall(rf"Playback\({re.escape(str(site.prompt_sounds))}/(\w+)\)", dialplan))
    assert played == set(PROMPTS)
    assert played <= set(prompts())


def targets(dialplan):
    """{context: {extension}} and every place a jump goes to, as (from context, context, extension)."""
    contexts, jumps, here = defaultdict(set), set(), ""
    for line in dialplan.splitlines():
        if header := re.match(r"\[(.+)\]", line):
            here = header[1]
        elif extension := re.match(r"exten => ([^,]+),", line):
            contexts[here].add(extension[1])
        for context, extension in re.findall(r"Gosub(?:If)?\((?:\$\[.*\]\?)?([a-z0-9-]+),(\w+),1", line):
            jumps.add((here, context, extension))
        for context, extension in re.findall(
            r"(?:Goto\(|Redirect\(\$\{\w+\},|[?:])([a-z0-9-]+),(\w+),1", line
        ):
            jumps.add((here, context, extension))
        for extension in re.findall(r"(?:Goto\(|[?:])(\w+),1\)", line):
            jumps.add((here, here, extension))
        for context in re.findall(r"(?:handler_push\)=|[bF]\()([a-z0-9-]+)[,^]s[,^]1|U\(([a-z-]+)\)", line):
            jumps.add((here, context[0] or context[1], "s"))
    return contexts, jumps


def test_every_jump_of_the_dialplan_arrives(dialplan):
    contexts, jumps = targets(dialplan)
    assert len(jumps) > 40
    assert [jump for jump in sorted(jumps) if jump[2] not in contexts.get(jump[1], ())] == []


# ---------------------------------------------------------------- nobody is a guest
def test_every_telephone_is_authenticated_and_there_is_no_guest(texts, site):
    endpoints = [
        each for each in sections(texts["pjsip.conf"]) if "context" in each and "!" not in each["from"]
    ]
    endpoints += [each for each in sections(texts["pjsip.conf"]) if each["from"] in ("(desk)", "(agent)")]
    telephones = {site.trunk_username, *site.desks, *site.agents}
    assert {each["name"] for each in endpoints} == telephones
    assert {each["name"]: each.get("auth") for each in endpoints} == {name: name for name in telephones}
    auths = {each["name"]: each for each in sections(texts["pjsip.conf"], "auth")}
    assert set(auths) == telephones
    assert {each["auth_type"] for each in auths.values()} == {"digest"}
    assert all(len(each["password"]) >= 20 for each in auths.values())
    assert len({each["password"] for each in auths.values()}) == len(telephones)
    assert "res_pjsip_endpoint_identifier_anonymous" not in MODULES
    assert "anonymous" not in COMMENT.sub("", texts["pjsip.conf"])


def test_a_trunk_known_by_its_address_has_no_password_and_nobody_else_is(site, layout):
    texts = render_texts(site.model_copy(update={"trunk_ip": "192.0.2.7"}), site.asterisk_dir, layout)
    (identify,) = sections(texts["pjsip.conf"], "identify")
    assert (identify["endpoint"], identify["match"]) == (site.trunk_username, "192.0.2.7")
    assert site.trunk_username not in {each["name"] for each in sections(texts["pjsip.conf"], "auth")}


@pytest.mark.parametrize("file", ["manager.conf", "http.conf"])
def test_orders_are_taken_on_loopback_only_wherever_the_telephones_are(site, layout, file):
    everywhere = site.model_copy(update={"host": "0.0.0.0"})  # noqa: S104 - what is tested
    texts = render_texts(everywhere, site.asterisk_dir, layout)
    assert sections(texts[file])[0]["bindaddr"] == "127.0.0.1"
    assert "agi://127.0.0.1:" in texts["dialplan_minsheng110.conf"]


def test_the_manager_has_the_least_rights(texts):
    user = sections(texts["manager.conf"])[1]
    assert (user["read"], user["write"]) == ("none", "agent,call,originate,reporting")


def test_the_calls_that_we_place_go_where_the_exchange_has_registered_or_the_setting_says(
    site, layout, texts
):
    def contact(values):
        rendered = (
            render_texts(site.model_copy(update=values), site.asterisk_dir, layout) if values else texts
        )
        aors = {each["name"]: each for each in sections(rendered["pjsip.conf"], "aor")}
        return aors[site.trunk_username].get("contact")

    assert contact({}) is None
    assert contact({"trunk_contact": "192.0.2.9:5080"}) == "sip:192.0.2.9:5080"
    assert contact({"trunk_ip": "192.0.2.7"}) == "sip:192.0.2.7"


def test_the_dialplan_starts_no_program_and_no_value_of_a_caller_becomes_dialplan(dialplan):
    assert re.findall(r"\b(?:TrySystem|System|Exec|SHELL|CURL|EVAL)\(|ODBC", dialplan) == []
    uses = [line.strip() for line in dialplan.splitlines() if re.search(r"\$\{CALLERID\(", line)]
    assert all("FILTER(0-9+" in line or "${LEN(${CALLERID(" in line for line in uses), uses


def test_logs_name_nobody(texts):
    logs = sections(texts["logger.conf"])
    assert logs[0]["queue_log"] == "no"
    assert {value for option, value in logs[1].items() if option not in ("name", "from")} == {"error"}


# ---------------------------------------------------------------- modules
def test_modules_are_named_once_and_loaded_by_name_only(texts):
    assert len(set(MODULES)) == len(MODULES)
    assert "autoload = no" in texts["modules.conf"]
    assert re.findall(r"load = (\w+)\.so", texts["modules.conf"]) == list(MODULES)


def test_every_module_is_there(layout):
    assert [name for name in MODULES if not (layout.modules / f"{name}.so").exists()] == []


# ---------------------------------------------------------------- files
def test_what_is_rendered_is_for_its_owners_eyes(site, layout):
    site.asterisk_dir.mkdir(mode=0o755)
    for _ in range(2):
        render(site, site.asterisk_dir, layout)
        files = list((site.asterisk_dir / "etc").iterdir())
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
        folders = [path for path in site.asterisk_dir.rglob("*") if path.is_dir()]
        assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def test_a_sound_of_the_city_for_waiting_is_kept(site, layout):
    hold = site.asterisk_dir / "hold" / "hold.wav"
    hold.parent.mkdir(parents=True)
    hold.write_bytes(b"the city's own")
    render(site, site.asterisk_dir, layout)
    assert hold.read_bytes() == b"the city's own"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("desks", ["desk 1"]),
        ("desks", ["desk1", "desk1"]),
        ("desks", ["desk1]\n[guest"]),
        ("agents", ["any"]),
        ("agents", ["desk1"]),
        ("police_did", "110,1,System(rm)"),
        ("hotline_did", "_X."),
        ("trunk_username", "a;b"),
        ("trunk_ip", "192.0.2.7\nmatch=0.0.0.0/0"),
        ("trunk_contact", "192.0.2.9\ncontact=sip:192.0.2.10"),
        ("host", "127.0.0.1\nbind=0.0.0.0"),
        ("ami_password", SecretStr("abcdefgh;")),
        ("ari_password", SecretStr("line\nbreak-in")),
        ("trunk_password", SecretStr("")),
        ("recordings_dir", Path("/srv/a,b")),
        ("recordings_dir", Path("/srv/${EXTEN}")),
    ],
)
def test_a_value_with_a_meaning_to_asterisk_is_refused_by_the_name_of_its_setting(
    site, layout, setting, value
):
    passwords = dict(site.phone_passwords)
    if setting in ("desks", "agents"):
        passwords |= dict.fromkeys(value, SecretStr("a-password-of-its-own"))
    wrong = site.model_copy(update={"phone_passwords": passwords, setting: value})
    with pytest.raises(
        ConfError, match=r"desks|agents" if setting in ("desks", "agents") else setting
    ) as refused:
        render(wrong, site.asterisk_dir, layout)
    assert not (site.asterisk_dir / "etc").exists()
    assert "\n" not in str(refused.value)
    if isinstance(value, SecretStr) and value.get_secret_value():
        assert value.get_secret_value() not in str(refused.value)


def test_every_file_says_why(texts):
    assert [name for name, text in texts.items() if not re.search(r"^; \w.{15,}", text, re.MULTILINE)] == []
