"""The report in a real browser: axe finds nothing, and nothing is wider than a telephone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from serving import Served
from test_in_chromium import AXE, DESKTOP, PHONE, login

from cases.report_days import ReportKind
from cases.states import Role
from hotline.city import load_file, rows
from hotline.history.seed import Wanted, seed_history
from hotline.reports import report
from router.city_file import path_of


def _made(served: Served) -> str:
    """Yesterday's report, beside those of the weeks before; -> its address."""
    wiring = served.wiring
    now = wiring.now()
    day = now.astimezone(wiring.settings.zone).date() - timedelta(days=1)
    load_file(wiring, rows(path_of("shaowu")))
    past = Wanted(2000, 40, 7, day)
    seed_history(wiring.engine, wiring.rules, ["desk1"], past, lambda _: None, anyway=True)
    for back in (28, 21, 14, 7, 0):
        report(wiring, ReportKind.NIGHTLY, day - timedelta(days=back), now)
    return f"/reports/nightly/{day}"


def test_axe_finds_nothing_and_a_telephone_shows_it_whole(
    served: Served, chromium: Any, tmp_path: Path
) -> None:
    address = _made(served)
    served.scene.person(Role.LEADER)
    context = chromium.new_context(viewport=DESKTOP, base_url=served.url)
    page = login(context, "leader1")
    for size, scheme, language in ((DESKTOP, "light", "zh"), (PHONE, "dark", "zh"), (PHONE, "light", "en")):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        page.goto("/reports")
        if language == "en":
            page.get_by_role("button", name="English").first.click()
            page.wait_for_load_state()
        for each in ("/reports", address):
            page.goto(each)
            page.evaluate(AXE.read_text())
            found = page.evaluate("axe.run()")
            problems = [(rule["id"], rule["nodes"][0]["html"]) for rule in found["violations"]]
            assert problems == [], (scheme, language, each)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= size["width"], (size, each)
            page.screenshot(path=str(tmp_path / f"{scheme}-{language}-{each.count('/')}.png"), full_page=True)
    context.close()
