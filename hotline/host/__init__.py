"""Finding and fetching the programs a machine needs: Asterisk, espeak-ng, redis-server; more for the tests.

Nothing outside the cache folder is written unless we are root on a Debian machine.
"""

from collections.abc import Callable

Progress = Callable[[str], None]
"""Takes one line for a person to read."""


class HostError(Exception):
    """This machine lacks something. The message is one line: what is missing and what to do about it."""


def silent(_line: str) -> None:
    """The progress of somebody who does not want to hear it."""
