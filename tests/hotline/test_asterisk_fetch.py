"""Getting Asterisk: the machine's own, the cached one, and one clear line for everything that goes wrong.

apt-get and dpkg-deb are the process boundary: here they are small scripts on PATH.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from hotline.host import HostError, asterisk, packages

APT_GET = r"""#!/bin/sh
for word in "$@"; do case $word in Dir::Cache=*) archives=${word#Dir::Cache=}/archives;; esac; done
case " $* " in
*" indextargets "*)
    echo "http://mirror.example/debian/ stable main"
    echo "http://mirror.example/s/ stable-security main";;
*" update "*)
    echo "x" >> "$COUNT"; echo 'W: whatever' >&2
    case "$OLD_LIST $*" in
    *Check-Valid-Until=false*) ;;
    yes*) echo "E: Release file for InRelease is expired (invalid since 18d)" >&2; exit 100;;
    esac
    [ -z "$NO_NETWORK" ] || { echo "E: Failed to fetch InRelease" >&2; exit 100; };;
*" --print-uris "*)
    echo "'http://mirror.example/a.deb' a_1_amd64.deb 1000000 MD5Sum:0"
    echo "'http://mirror.example/b.deb' b_1_amd64.deb 2000000 MD5Sum:0";;
*" --download-only "*)
    [ -z "$BROKEN_OFF" ] || { echo "E: Unable to fetch some archives"; exit 100; }
    echo "Get:1 a"; touch "$archives/a_1_amd64.deb"
    [ -n "$ONE_SHORT" ] || touch "$archives/b_1_amd64.deb";;
esac
"""
DPKG_DEB = r"""#!/bin/sh
[ -z "$DISK_FULL" ] || { echo "dpkg-deb: error: No space left on device" >&2; exit 2; }
mkdir -p "$3/usr/bin" "$3/usr/share/doc/x" && echo hello > "$3/usr/bin/program"
"""
NEEDS = ("usr/bin/program",)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose apt-get and dpkg-deb are the scripts above."""
    (tmp_path / "bin").mkdir()
    for name, text in (("apt-get", APT_GET), ("dpkg-deb", DPKG_DEB)):
        script = tmp_path / "bin" / name
        script.write_text(text)
        script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("COUNT", str(tmp_path / "updates"))
    keyring = tmp_path / "keyring.gpg"
    keyring.touch()
    monkeypatch.setattr(packages, "KEYRING", keyring)
    return tmp_path


def fetch(machine: Path, said: list[str] | None = None) -> packages.Tree:
    progress = said.append if said is not None else lambda _line: None
    return packages.fetch(machine / "cache/thing", ["thing"], NEEDS, progress, megabytes=1)


def test_a_fetch_unpacks_prunes_and_says_how_far_it_is(machine: Path) -> None:
    said: list[str] = []
    tree = fetch(machine, said)

    assert (tree.root / "usr/bin/program").read_text() == "hello\n"
    assert not (tree.root / "usr/share/doc").exists()
    assert json.loads((tree.root / packages.MANIFEST).read_text())["packages"] == ["a_1_amd64", "b_1_amd64"]
    assert "thing: fetching 2 packages, 3 MB" in said
    assert sorted(path.name for path in tree.root.parent.iterdir()) == ["thing", "thing.lock"]


def test_a_second_fetch_asks_nobody(machine: Path) -> None:
    fetch(machine)
    fetch(machine)

    assert (machine / "updates").read_text() == "x\n"


def test_two_checkouts_that_start_together_fetch_once(machine: Path) -> None:
    threads = [threading.Thread(target=fetch, args=(machine,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (machine / "updates").read_text() == "x\n"
    assert packages.complete(machine / "cache/thing")


def test_what_a_killed_fetch_left_is_cleared_by_the_next(machine: Path) -> None:
    (machine / "cache/.thing-killed/tree").mkdir(parents=True)
    fetch(machine)

    assert not (machine / "cache/.thing-killed").exists()


def test_a_tree_of_an_older_recipe_is_fetched_anew(machine: Path) -> None:
    root = fetch(machine).root
    (root / packages.MANIFEST).write_text('{"recipe": 0}')
    (root / "old").touch()

    assert not (fetch(machine).root / "old").exists()


def test_a_mirror_with_an_old_signed_list_is_used_and_said_so(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLD_LIST", "yes")
    said: list[str] = []
    fetch(machine, said)

    assert "thing: the mirror's list is old; using it, for its signature is good" in said


@pytest.mark.parametrize(
    ("trouble", "line"),
    [
        ("NO_NETWORK", "no Debian mirror of this machine gave its list .*Failed to fetch.*check the network"),
        ("BROKEN_OFF", "thing: fetching broke off .*Unable to fetch some archives.*run it again"),
        ("ONE_SHORT", "thing: 1 of 2 packages came: run it again"),
        ("DISK_FULL", "thing: cannot unpack a_1_amd64.deb .*No space left on device.*check the room in"),
    ],
)
def test_trouble_on_the_way_is_one_line_with_the_remedy_and_leaves_nothing(
    machine: Path, monkeypatch: pytest.MonkeyPatch, trouble: str, line: str
) -> None:
    monkeypatch.setenv(trouble, "yes")

    with pytest.raises(HostError, match=line) as raised:
        fetch(machine)

    assert "\n" not in str(raised.value)
    assert [path.name for path in (machine / "cache").iterdir()] == ["thing.lock"]


def test_a_machine_without_apt_is_told_what_to_install(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(machine))

    with pytest.raises(HostError, match="no thing on PATH and no apt-get to fetch it with: install thing"):
        fetch(machine)


def test_a_machine_without_debians_keys_verifies_nothing_and_says_so(machine: Path) -> None:
    packages.KEYRING.unlink()

    with pytest.raises(HostError, match="to verify packages with: install debian-archive-keyring"):
        fetch(machine)


def test_a_full_disk_is_noticed_before_anything_is_fetched(machine: Path) -> None:
    with pytest.raises(
        HostError, match=r"MB free and thing needs 1000000000 MB: make room, or set MINSHENG110_CACHE_DIR"
    ):
        packages.fetch(machine / "cache/thing", ["thing"], NEEDS, lambda _line: None, megabytes=10**9)

    assert not (machine / "updates").exists()


def test_an_apt_without_a_debian_mirror_is_told_to_add_one(machine: Path) -> None:
    (machine / "bin/apt-get").write_text("#!/bin/sh\n")

    with pytest.raises(HostError, match="apt knows no Debian mirror: add one"):
        fetch(machine)


def test_another_cpu_is_named_with_what_to_install(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("Linux", "x", "6", "1", "riscv64")))

    with pytest.raises(HostError, match=r"no packages for this CPU \(riscv64\): install Asterisk"):
        fetch(machine)


def asterisk_on_path(machine: Path, version: str) -> None:
    script = machine / "bin/asterisk"
    script.write_text(f"#!/bin/sh\necho 'Asterisk {version}'\n")
    script.chmod(0o755)


def test_an_asterisk_on_path_that_is_too_old_is_named(machine: Path) -> None:
    asterisk_on_path(machine, "16.28.0~dfsg-0+deb11u1")

    with pytest.raises(HostError, match=r"is Asterisk 16\.28\.0: install 20 or newer, or take it off PATH"):
        asterisk.find_or_fetch(machine / "cache")


def test_a_cached_asterisk_that_does_not_start_is_named_with_the_remedy(machine: Path) -> None:
    root = machine / "cache/asterisk"
    root.mkdir(parents=True)
    (root / packages.MANIFEST).write_text(json.dumps({"recipe": packages.RECIPE}))
    (root / "usr/share/asterisk/sounds").mkdir(parents=True)

    with pytest.raises(HostError, match="does not start"):
        asterisk.find_or_fetch(machine / "cache")


def test_the_asterisk_of_this_machine_runs() -> None:
    layout = asterisk.find_or_fetch(_cache())

    assert int(layout.version.split(".")[0]) >= asterisk.OLDEST
    assert (layout.modules / "res_pjsip.so").exists()
    assert (layout.data / "documentation/core-en_US.xml").exists()


def _cache() -> Path:
    from hotline.settings import default_cache_dir

    return default_cache_dir()
