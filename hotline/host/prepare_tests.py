"""`python -m hotline.host.prepare_tests`: what `make test` wants of a machine, found or fetched."""

from __future__ import annotations

import sys

from hotline import settings as settings_module
from hotline.host import HostError, Progress, asterisk, tools
from hotline.install import InstallError, make_sorter


def prepare(progress: Progress) -> None:
    """Raises HostError with the first thing that is missing and cannot be had."""
    settings = settings_module.load()
    asterisk.find_or_fetch(settings.cache_dir, progress)
    tools.espeak(settings.cache_dir, progress)
    tools.redis_server(settings.cache_dir, progress)
    wanted = []
    if tools.postgresql_bin() is None:
        wanted.append("postgresql")
    if tools.chromium() is None:
        wanted += ["chromium", "fonts-noto-cjk"]
    if not tools.loads("libatomic.so.1"):
        wanted.append("libatomic1")  # the node that Playwright carries
    if wanted:
        tools.install_packages(wanted, progress)
    # Learned now, once: a test that starts a system would else wait for it.
    make_sorter(settings, progress)


def main() -> int:
    try:
        prepare(lambda line: print(line, flush=True))  # noqa: T201 - a program for a terminal
    except (HostError, InstallError, settings_module.SettingsError) as error:
        print(f"make test: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
