"""A real SMTP server on a port of its own, for tests: it takes mails, or refuses and stalls as it is told."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Event, Thread
from typing import Any


@dataclass
class MailServer:
    """`answers`: command, or command and address → the line it answers instead of its usual one."""

    port: int = 0
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    stalls_at: str = ""
    hangs_up_after_data: bool = False
    let_go: Event = field(default_factory=Event)

    @property
    def addresses(self) -> list[str]:
        return [to for to, _ in self.mails]


class _Session(socketserver.StreamRequestHandler):
    told: MailServer

    def handle(self) -> None:
        self._say("220 test")
        to = ""
        while line := self.rfile.readline().decode().strip():
            verb = line.split(" ")[0].upper()
            if verb == self.told.stalls_at:
                self.told.let_go.wait(30)
                return
            if verb == "RCPT":
                to = line.partition("<")[2].partition(">")[0]
            own = self.told.answers.get(f"{verb} {to}") or self.told.answers.get(verb)
            if own:
                self._say(own)
            elif verb == "DATA":
                self._say("354 go on")
                self.told.mails.append((to, self._data()))
                if self.told.hangs_up_after_data:
                    return
                self._say("250 taken")
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _data(self) -> EmailMessage:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line[1:] if line.startswith(b"..") else line)
        found: Any = message_from_bytes(b"".join(lines), policy=policy.default)
        mail: EmailMessage = found
        return mail

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def mail_server() -> Iterator[MailServer]:
    told = MailServer()
    handler = type("Session", (_Session,), {"told": told})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        told.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield told
        finally:
            told.let_go.set()
            server.shutdown()
            thread.join()
