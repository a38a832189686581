"""A socket as Agi reads and writes it: whole lines, each within its time and length."""

from __future__ import annotations

import socket
from time import monotonic

_PIECE = 4096


class Line:
    """`seconds`: how long everything that is read from now on may take together, until `patience` says else.

    Raises TimeoutError or another OSError when the other end is silent, slow or gone.
    """

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = connection
        self._unread = b""
        self._patience = seconds
        self._until: float | None = monotonic() + seconds

    def patience(self, seconds: float) -> None:
        """From now on each line has this time for itself."""
        self._patience, self._until = seconds, None

    def readline(self, limit: int) -> str:
        """One line with its end; cut off at `limit` bytes; what is left when the other end closes."""
        until = self._until or monotonic() + self._patience
        while (end := self._unread.find(b"\n", 0, limit)) < 0 and len(self._unread) < limit:
            # Also when much has come in quickly: a line in single bytes does not live for ever.
            self._socket.settimeout(max(until - monotonic(), 0.001))
            piece = self._socket.recv(_PIECE)
            if not piece:
                break
            self._unread += piece
            if monotonic() > until:
                raise TimeoutError("too slow")
        taken = end + 1 if end >= 0 else limit
        line, self._unread = self._unread[:taken], self._unread[taken:]
        return line.decode("utf-8", "replace")

    def write(self, text: str) -> None:
        self._socket.settimeout(self._patience)
        self._socket.sendall(text.encode("utf-8", "replace"))

    def flush(self) -> None:
        """Every write has left already."""
