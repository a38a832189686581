"""The other end of the FastAGI line: a small exchange that asks and answers as Asterisk does."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from agi_scripts.server import Server
from hotline.wiring import Wiring

Answer = Callable[["Line", str], "str | None"]
_ARGUMENT = re.compile(r'"((?:[^"\\]|\\.)*)"')
_LONGEST = 10.0


@contextmanager
def server(wiring: Wiring, most: int = 100) -> Iterator[Server]:
    """The real server on a port of its own."""
    wiring.settings.__dict__["fastagi_port"] = 0  # any free one
    running = Server(wiring, most)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        running.shutdown()
        running.server_close()
        thread.join(_LONGEST)


class Line:
    """One call. `variables` are the channel's; what the server commands stands in `commands`."""

    def __init__(self, running: Server, script: str = "hotline_call", **variables: str) -> None:
        self.variables = {"MS_CITIZEN": "13800110110", "CHANNEL(linkedid)": "1.1", **variables}
        self.commands: list[str] = []
        self.socket = socket.create_connection(running.server_address[:2], _LONGEST)
        self.file = self.socket.makefile("rw", encoding="utf-8", newline="\n")
        self._script = script

    def asks(self, **more: str) -> Line:
        """Send the request."""
        told = {
            "network": "yes",
            "network_script": self._script,
            "request": f"agi://127.0.0.1/{self._script}",
            "channel": "PJSIP/trunk-00000001",
            "uniqueid": "1.1",
            "callerid": "13800110110",
            "calleridname": "unknown",
            "dnid": "8110",
            **more,
        }
        self.socket.sendall("".join(f"agi_{k}: {v}\n" for k, v in told.items()).encode() + b"\n")
        return self

    def serves(self, answer: Answer) -> list[str]:
        """Answer commands until the server leaves, or `answer` gives None: then the line is cut."""
        for line in self.file:
            command = line.rstrip("\n")
            self.commands.append(command)
            reply = self._variable(command) or answer(self, command)
            if reply is None:
                break
            self.file.write(reply + "\n")
            self.file.flush()
        self.cut()
        return self.commands

    def cut(self) -> None:
        """The connection ends, as when Asterisk dies."""
        self.file.close()
        self.socket.close()

    def _variable(self, command: str) -> str | None:
        arguments = [each.replace('\\"', '"').replace("\\\\", "\\") for each in _ARGUMENT.findall(command)]
        if command.startswith("GET FULL VARIABLE"):
            value = re.sub(r"\$\{([^}]+)\}", lambda m: self.variables.get(m[1], ""), arguments[0])
            return f"200 result=1 ({value})"
        if command.startswith("GET VARIABLE"):
            value = self.variables.get(arguments[0], "")
            return f"200 result=1 ({value})" if value else "200 result=0"
        if command.startswith("SET VARIABLE"):
            self.variables[arguments[0].lstrip("_")] = arguments[1]
            return "200 result=1"
        return None

    @property
    def played(self) -> list[str]:
        """The prompts that were asked for, in order."""
        return [
            Path(_ARGUMENT.findall(command)[0]).name
            for command in self.commands
            if command.startswith("STREAM FILE")
        ]


def recorded(sound: Callable[[Path], None] | None, result: str) -> Answer:
    """An exchange that plays everything, and answers RECORD with this file and result."""

    def answer(_line: Line, command: str) -> str | None:
        if command.startswith("RECORD FILE"):
            path = Path(_ARGUMENT.findall(command)[0] + ".wav")
            if sound is not None:
                sound(path)
            return result
        return "200 result=0 endpos=8000"

    return answer
