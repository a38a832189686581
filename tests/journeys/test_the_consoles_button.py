"""The third way of the one key, from the desk's page on the console."""

import re

from cases.states import Role
from cases.users import add_user
from web.app import create_app

PASSWORD = "long enough 7"


def logged_in(town, username, **fields):
    """A browser in which this person has just logged in."""
    with town.wiring.unit_of_work() as unit:
        add_user(
            unit.session, username, Role.DESK, PASSWORD, town.wiring.now(), "test",
            must_change_password=False, **fields,
        )  # fmt: skip
        unit.commit()
    browser = create_app(town.wiring).test_client()
    data = {"username": username, "password": PASSWORD, "csrf_token": token(browser, "/login")}
    assert browser.post("/login", data=data).status_code == 302
    return browser


def token(browser, path):
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get(path).text)[1]


def test_the_button_on_the_console_passes_the_caller_on(town):
    browser = logged_in(town, "operator1", desk="desk1")
    citizen, desk = town.citizen(), town.desk(1)
    data = {"csrf_token": token(browser, "/desk")}
    nobody = browser.post("/desk/pass-on", data=data, follow_redirects=True)
    assert "这个台席现在没有来电" in nobody.text

    call, at_desk = town.dials_110(citizen, desk)
    done = browser.post("/desk/pass-on", data=data, follow_redirects=True)
    assert "已转到民生110" in done.text
    at_desk.is_over()
    call.hears("greeting").hangs_up()

    row = town.ended_call(citizen)
    assert (row["way_in"], row["desk"]) == ("redirect", "desk1")
    assert row["id"] in browser.get("/desk").text
