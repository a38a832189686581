"""Make a run folder ready to start: secrets, database, city, prompts, Asterisk's configuration.

Every step keeps what is there and does only what is missing, so that it runs before every start.
"""

from __future__ import annotations

from datetime import UTC, datetime

from asterisk_conf.render import render
from asterisk_conf.site import ConfError
from cases.migrate import upgrade
from cases.users import DEVELOPMENT_USERS, seat, seed_users
from hotline import secrets_file
from hotline.city import file_of
from hotline.city import load_file as load_city
from hotline.city import rows as read_city
from hotline.host import Progress, silent, tools
from hotline.host.asterisk import find_or_fetch
from hotline.settings import Settings
from hotline.wiring import Wiring, build
from ivr import prompts
from router.city_file import CityFileError
from router.examples import ExamplesError
from router.ready import make_model


class InstallError(Exception):
    """Something cannot be installed; one line says what and what to do."""


def install(settings: Settings, progress: Progress = silent, now: datetime | None = None) -> Settings:
    """Install into settings.run_dir; returns the settings with every secret set.

    Raises HostError for a program that is missing, InstallError for a setting or a prompt that cannot be
    used, CaseError for the database; each is one line.
    """
    settings = secrets_file.ensure(settings)
    for folder in (settings.recordings, settings.fallback_dir, settings.journal_dir, settings.log_dir):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    layout = find_or_fetch(settings.cache_dir, progress)
    _database(settings, progress, now or datetime.now(UTC))
    make_prompts(settings, progress)
    make_sorter(settings, progress)
    try:
        render(settings, settings.asterisk_dir, layout)
    except ConfError as error:
        raise InstallError(str(error)) from error
    return settings


def _database(settings: Settings, progress: Progress, now: datetime) -> None:
    if upgrade(settings.database):
        progress("database: brought to the shape of this version")
    wiring = build(settings)
    try:
        with wiring.unit_of_work() as work:
            fresh = seed_users(work.session, _first_passwords(settings), now)
            work.commit()
        loaded = load_city(wiring, read_city(file_of(settings)))
        if "unit1" in fresh:
            _seat_first_unit(wiring)
    except CityFileError as error:
        raise InstallError(f"the city file is wrong: {error.problems[0]}") from error
    finally:
        wiring.close()
    if loaded:
        progress(f"city: {len(loaded)} units and matters loaded or changed")
    if fresh:
        progress(f"users: made {', '.join(fresh)}")


def _seat_first_unit(wiring: Wiring) -> None:
    """Development's person of a unit belongs to one."""
    with wiring.unit_of_work() as work:
        seat(work.session, "unit1")
        work.commit()


def _first_passwords(settings: Settings) -> dict[str, str]:
    """The administrator; in development the other roles too, so that every screen can be looked at."""
    first = settings.admin_password.get_secret_value()
    if settings.profile == "production":
        return {"admin": first}
    phones = {
        name: settings.phone_passwords[name].get_secret_value()
        for name in (*settings.agents, *settings.desks)
    }
    return {"admin": first, **phones, **dict.fromkeys(DEVELOPMENT_USERS, first)}


def make_sorter(settings: Settings, progress: Progress = silent) -> None:
    """Let the sorter learn from the city's examples, once. Raises InstallError for a wrong file."""
    try:
        make_model(file_of(settings), settings.cache_dir, progress)
    except (CityFileError, ExamplesError) as error:
        raise InstallError(str(error).splitlines()[0]) from error
    except OSError as error:
        progress(f"the sorter's model: {error.filename}: {error.strerror}; the city's words alone sort")


def make_prompts(settings: Settings, progress: Progress = silent) -> None:
    """Make the prompts' sounds that are missing or older than their texts. Raises HostError, InstallError."""
    espeak = tools.espeak(settings.cache_dir, progress)
    try:
        prompts.build(settings.prompt_sounds, settings.own_prompts, espeak, progress)
    except prompts.PromptError as error:
        raise InstallError(str(error)) from error
