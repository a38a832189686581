"""Passwords are generated once, kept from others, and stay."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from hotline import secrets_file
from hotline.settings import load


def test_the_first_start_makes_every_secret_and_the_settings_read_them(tmp_path: Path) -> None:
    made = secrets_file.ensure(load(run_dir=tmp_path))

    read = load(run_dir=tmp_path)
    for name in (*secrets_file.MACHINE_SECRETS, "admin_password"):
        assert getattr(read, name).get_secret_value() == getattr(made, name).get_secret_value() != ""
    assert set(read.phone_passwords) == {"desk1", "desk2", "agent1", "agent2"}
    assert read.phone_passwords == made.phone_passwords


def test_no_two_secrets_are_alike(tmp_path: Path) -> None:
    made = secrets_file.ensure(load(run_dir=tmp_path))

    values = [getattr(made, name).get_secret_value() for name in secrets_file.MACHINE_SECRETS]
    values += [value.get_secret_value() for value in made.phone_passwords.values()]
    assert len(set(values)) == len(values) == 9


def test_only_the_owner_may_read_the_secrets_and_enter_the_run_folder(tmp_path: Path) -> None:
    secrets_file.ensure(load(run_dir=tmp_path / "run"))

    assert stat.S_IMODE((tmp_path / "run" / "secrets.toml").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    secrets_file.ensure(load(run_dir=tmp_path))
    before = (tmp_path / "secrets.toml").read_bytes()

    secrets_file.ensure(load(run_dir=tmp_path))

    assert (tmp_path / "secrets.toml").read_bytes() == before


def test_a_new_desk_gets_a_password_and_the_old_ones_keep_theirs(tmp_path: Path) -> None:
    first = secrets_file.ensure(load(run_dir=tmp_path))
    second = secrets_file.ensure(load(run_dir=tmp_path, desks=["desk1", "desk2", "desk3"]))

    assert second.phone_passwords["desk1"] == first.phone_passwords["desk1"]
    assert second.phone_passwords["desk3"].get_secret_value()


def test_a_secret_that_was_given_is_used_and_never_written_down(tmp_path: Path) -> None:
    made = secrets_file.ensure(load(run_dir=tmp_path, ami_password="from-the-vault"))

    assert made.ami_password.get_secret_value() == "from-the-vault"
    assert "ami_password" not in (tmp_path / "secrets.toml").read_text()
    assert "from-the-vault" not in (tmp_path / "secrets.toml").read_text()


def test_the_first_password_of_a_person_can_be_typed(tmp_path: Path) -> None:
    made = secrets_file.ensure(load(run_dir=tmp_path))

    typed = made.admin_password.get_secret_value()
    assert re.fullmatch(r"[a-hjkmnp-z2-9]{4}(-[a-hjkmnp-z2-9]{4}){3}", typed)
