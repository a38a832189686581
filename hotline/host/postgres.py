"""A PostgreSQL of its own in a temporary folder, on a unix socket only, for as long as a `with`."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hotline.host import HostError
from hotline.host.tools import postgresql_bin


@contextmanager
def temporary_postgres() -> Iterator[str]:
    """Its URL; the cluster is as durable as a real one. Raises HostError when none is installed.

    initdb refuses root: then the cluster belongs to somebody who may not do much.
    """
    programs = postgresql_bin()
    if programs is None:
        raise HostError("PostgreSQL is missing: apt-get install postgresql")
    owner = _unprivileged() if os.geteuid() == 0 else None
    home = Path(tempfile.mkdtemp(prefix="ms-pg-", dir="/tmp"))  # sockets need a short name
    if owner:
        shutil.chown(home, owner)

    def run(program: str, *words: str) -> None:
        subprocess.run(
            [programs / program, *words],
            check=True,
            user=owner,
            group=owner and pwd.getpwnam(owner).pw_gid,
            extra_groups=[] if owner else None,
            cwd=home,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    data = str(home / "data")
    options = f"-c listen_addresses='' -c unix_socket_directories={home}"
    try:
        run("initdb", "-D", data, "-A", "trust", "-U", "bench", "-E", "UTF8", "--locale=C")
        run("pg_ctl", "-D", data, "-w", "-l", str(home / "log"), "-o", options, "start")
        try:
            yield f"postgresql+psycopg://bench@/postgres?host={home}"
        finally:
            run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _unprivileged() -> str:
    names = {each.pw_name for each in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
