"""Real servers for the tests: a PostgreSQL cluster and a Redis of their own, on unix sockets only."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from redis import Redis
from redis.exceptions import ConnectionError as RedisAway

from hotline.host.tools import postgresql_bin, redis_server
from hotline.settings import default_cache_dir


def short_dir(name: str) -> Path:
    """A folder with a short name: sockets live in it."""
    return Path(tempfile.mkdtemp(prefix=f"ms-{name}-", dir="/tmp"))


class PostgresServer:
    """A cluster in a temporary folder, fast instead of safe. initdb refuses root: then it is another's."""

    def __init__(self) -> None:
        self.home = short_dir("pg")
        self._data = self.home / "data"
        self._bin = postgresql_bin()
        assert self._bin, "PostgreSQL is missing: apt-get install postgresql"
        self._owner = _unprivileged() if os.geteuid() == 0 else None
        if self._owner:
            shutil.chown(self.home, self._owner)
        self._names = count(1)
        self._run(
            "initdb", "-D", str(self._data), "-A", "trust", "-U", "tester", "-N", "-E", "UTF8", "--locale=C"
        )
        self.start()

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories={self.home} -c fsync=off"
        self._run("pg_ctl", "-D", str(self._data), "-w", "-l", str(self.home / "log"), "-o", options, "start")

    def stop(self) -> None:
        """As a power cut ends it."""
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", "immediate", "stop")

    def freeze(self) -> None:
        """Every process of it stands still: connected, and no answer."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def make(self, template: str = "template0") -> str:
        """A new database; its name."""
        name = f"test{next(self._names)}"
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def dsn(self, name: str) -> str:
        return f"host={self.home} user=tester dbname={name}"

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://tester@/{name}?host={self.home}"

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def _run(self, program: str, *words: str) -> None:
        subprocess.run(
            [self._bin / program, *words],
            check=True, user=self._owner, group=self._owner and pwd.getpwnam(self._owner).pw_gid,
            extra_groups=[] if self._owner else None, cwd=self.home,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def _signal(self, what: signal.Signals) -> None:
        head = int((self._data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{head}/task/{head}/children").read_text().split()
        for pid in [head, *map(int, children)]:
            os.kill(pid, what)


def _unprivileged() -> str:
    names = {each.pw_name for each in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


class RedisServer:
    """The redis-server that the product itself would start."""

    def __init__(self) -> None:
        self.home = short_dir("redis")
        self.url = f"unix://{self.home}/s"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        words = ("--port", "0", "--unixsocket", f"{self.home}/s", "--dir", str(self.home), "--save", "")
        self._process = subprocess.Popen(
            [*redis_server(default_cache_dir()), *words],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert self._process.stdout
        for line in self._process.stdout:
            if b"ready to accept connections" in line.lower():
                break
        with self.client() as client:
            client.ping()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def client(self) -> Redis:
        return Redis.from_url(self.url)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Dead, and back (empty) afterwards."""
        self.kill()
        try:
            yield
        finally:
            self.start()

    def empty(self) -> None:
        try:
            with self.client() as client:
                client.flushall()
        except RedisAway:
            self.start()

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self.home, ignore_errors=True)
