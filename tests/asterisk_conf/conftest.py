"""A site's settings, its rendered configuration, and one real Asterisk that runs on it for the session."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from asterisk_conf.render import render, render_texts
from hotline import secrets_file
from hotline.host.asterisk import AsteriskLayout, find_or_fetch
from hotline.settings import Settings, default_cache_dir
from hotline.temporary import temporary_settings

BOOTED = "Asterisk has fully booted"


@pytest.fixture(scope="session")
def layout() -> AsteriskLayout:
    return find_or_fetch(default_cache_dir())


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    return secrets_file.ensure(temporary_settings(tmp_path))


@pytest.fixture
def texts(site: Settings, layout: AsteriskLayout) -> dict[str, str]:
    return render_texts(site, site.asterisk_dir, layout)


@pytest.fixture
def dialplan(texts: dict[str, str]) -> str:
    """All of it, without comments."""
    parts = [text for name, text in texts.items() if name.startswith(("extensions", "dialplan"))]
    return "\n".join(line for line in "\n".join(parts).splitlines() if not line.lstrip().startswith(";"))


@dataclass(frozen=True)
class Exchange:
    """A running Asterisk."""

    settings: Settings
    layout: AsteriskLayout

    @property
    def conf(self) -> Path:
        return self.settings.asterisk_dir / "etc" / "asterisk.conf"

    @property
    def log(self) -> str:
        return (self.settings.asterisk_dir / "log" / "messages").read_text("utf-8")

    def says(self, command: str) -> str:
        """What its command line answers, without colours."""
        words = self.layout.command(self.conf, "-rx", command)
        said = subprocess.run(words, capture_output=True, text=True, timeout=10, check=False).stdout
        return re.sub(r"\x1b\[[\d;]*m", "", said)


def _with_warnings(logger_conf: Path) -> None:
    """A city's logs hold errors only, because warnings name callers; here we ask whether any comes."""
    text = logger_conf.read_text("utf-8")
    assert text.count("=> error") == 2
    logger_conf.write_text(text.replace("=> error", "=> warning,error"), "utf-8")


@pytest.fixture(scope="session")
def exchange(layout: AsteriskLayout) -> Iterator[Exchange]:
    run_dir = Path(tempfile.mkdtemp(prefix="ms-", dir="/tmp"))  # sockets need a short name
    settings = secrets_file.ensure(temporary_settings(run_dir))
    render(settings, settings.asterisk_dir, layout)
    _with_warnings(settings.asterisk_dir / "etc" / "logger.conf")
    exchange = Exchange(settings, layout)
    with (run_dir / "out").open("w") as out:
        process = subprocess.Popen(layout.command(exchange.conf, "-f"), stdout=out, stderr=out)
    try:
        until = time.monotonic() + 30
        while BOOTED not in exchange.says("core waitfullybooted"):
            assert process.poll() is None, (run_dir / "out").read_text()
            assert time.monotonic() < until, "Asterisk has not booted in 30 s"
        yield exchange
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(run_dir, ignore_errors=True)
