"""pyst2's AGI, mended for FastAGI on Python 3: one caller's command line to Asterisk.

What is mended: no signal handler (this runs in threads); arguments are quoted and newlines refused, so that a
caller's name cannot inject a command; nothing goes to stderr; the end of the connection, the in-band `HANGUP`
and `511` all become one `HangUp`; an answer keeps its reason and its end position; lines have a limit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from asterisk.agi import AGI as Pyst2Agi

LINE_LIMIT = 64 * 1024
"""The longest line that is read from Asterisk, in characters."""
_MOST_LINES = 400
_BETWEEN = "|"
_ANSWER = re.compile(r"^200 result=(-?\d*)(?: \(([^)]*)\))?(?: endpos=(\d+))?")


class Reader(Protocol):
    def readline(self, limit: int, /) -> str: ...


class Writer(Protocol):
    def write(self, text: str, /) -> object: ...
    def flush(self) -> object: ...


class HangUp(Exception):
    """The caller is gone, or Asterisk is: nothing more can be asked."""


class BadRequest(Exception):
    """What came in is no AGI request; the message says why, without quoting it."""


class CommandRefused(Exception):
    """Asterisk does not know the command or its arguments: a mistake of ours."""


@dataclass(frozen=True)
class Answer:
    """`value` is what Asterisk calls the result, `data` what stands in brackets, `end` a place in samples."""

    value: int
    data: str = ""
    end: int = 0

    @property
    def key(self) -> str:
        """The key that ended it; empty when none did."""
        return chr(self.value) if self.value > 0 else ""


class Agi(Pyst2Agi):  # type: ignore[misc]  # pyst2 has no types
    """One FastAGI connection. `env` holds what Asterisk told of the call, keys without `agi_`."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        # Not pyst2's own: it installs a signal handler and prints callers' numbers.
        self.stdin, self.stdout = reader, writer
        self._got_sighup = False
        self.env: dict[str, str] = {}
        self._get_agi_env()

    def _get_agi_env(self) -> None:
        for _ in range(_MOST_LINES):
            line = self._line()
            if line == "":
                break
            name, colon, value = line.partition(":")
            if not colon or not name.startswith("agi_"):
                raise BadRequest("a line is no `agi_name: value`")
            self.env[name.removeprefix("agi_")] = value.strip()
        else:
            raise BadRequest("too many lines")
        if "network_script" not in self.env:
            raise BadRequest("it names no script")

    def _line(self) -> str:
        line = self.stdin.readline(LINE_LIMIT)
        if line == "":
            raise HangUp("the connection has ended")
        if not line.endswith("\n"):
            raise BadRequest("a line is too long")
        return line.rstrip("\r\n")

    def _quote(self, string: object) -> str:
        """An argument as Asterisk reads it back. Raises ValueError for a line break or NUL in it."""
        text = str(string)
        if any(sign in text for sign in "\r\n\0"):
            raise ValueError("an AGI argument holds a line break")
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    def ask(self, command: str, *arguments: object) -> Answer:
        """One command, one answer. Raises HangUp or CommandRefused."""
        found = _ANSWER.match(self._exchange(command, *arguments))
        if found is None:
            raise CommandRefused(f"{command}: an answer of another form")
        value, data, end = found.groups()
        return Answer(int(value or 0), data or "", int(end or 0))

    def _exchange(self, command: str, *arguments: object) -> str:
        """-> the answer's line, which begins with `200 result=`."""
        try:
            self.stdout.write(" ".join([command, *(self._quote(each) for each in arguments)]) + "\n")
            self.stdout.flush()
            line = self._line()
            while line.startswith("HANGUP"):
                line = self._line()
        except (OSError, BadRequest) as error:
            raise HangUp("the connection broke") from error
        if line.startswith("511"):
            raise HangUp("the channel is dead")
        if line.startswith("520-"):
            while not self._line().startswith("520 "):
                pass
        if not line.startswith("200 result="):
            raise CommandRefused(f"{command}: {line[:3]}")
        return line

    # ------------------------------------------------------------ the few commands we use
    def variable(self, name: str) -> str:
        """A channel variable; empty when it is not set."""
        line = self._exchange("GET VARIABLE", name)
        # The value may hold brackets: it is what stands between the first and the last one.
        return line[line.find("(") + 1 : line.rfind(")")] if line.startswith("200 result=1 (") else ""

    def variables(self, *names: str) -> dict[str, str]:
        """Several at once, in one question: names or functions as in `CHANNEL(linkedid)`."""
        expression = _BETWEEN.join("${" + name + "}" for name in names)
        line = self._exchange("GET FULL VARIABLE", expression)
        values = line[line.find("(") + 1 : line.rfind(")")].split(_BETWEEN)
        return dict(zip(names, values + [""] * (len(names) - len(values)), strict=False))

    def set(self, name: str, value: str) -> None:
        """Set a channel variable; line breaks in the value become blanks."""
        self.ask("SET VARIABLE", name, " ".join(value.split()))

    def play(self, sound: str, keys: str) -> Answer:
        """A sound file without its ending; a key in `keys` ends it."""
        answer = self.ask("STREAM FILE", sound, keys)
        return self._alive(answer)

    def wait_key(self, milliseconds: int) -> Answer:
        return self._alive(self.ask("WAIT FOR DIGIT", milliseconds))

    def record(self, path: str, keys: str, milliseconds: int, silence_seconds: int) -> Answer:
        """Beep and record to `path`.wav. A hang-up is an answer (`data` is "hangup"), no exception."""
        return self.ask("RECORD FILE", path, "wav", keys, milliseconds, "BEEP", f"s={silence_seconds}")

    @staticmethod
    def _alive(answer: Answer) -> Answer:
        if answer.value == -1 or answer.data == "hangup":
            raise HangUp("the caller hung up")
        return answer
