"""The city file as an administrator changes it: read, checked, compared, applied; nobody overwrites another.

Applied means: the file is in its place (hotline/city_path.py), and its rows are in the database. What the
sorter knows by heart, and the numbers of the rules, a process reads when it starts.
"""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from cases.audit_trail import audit
from cases.city import CityRows, Difference
from cases.errors import Conflict
from hotline.alone import alone
from hotline.city import load_file, rows, what_would_change
from hotline.city_path import file_of, own_file
from hotline.settings import Settings
from hotline.wiring import Wiring
from router.city_file import CityFileError as CityFileError
from router.ready import EXAMPLES

LARGEST = 900_000
"""Characters of a city file that the console takes."""
_NAME = "city.toml"
"""What a file that is only checked is called in the list of its mistakes."""
_MOST_LINES = 2000
"""Of a difference that a page shows."""


@dataclass(frozen=True)
class Standing:
    """The city file in use. `digest`: of its bytes; whoever changes it says which one they had seen."""

    text: str
    digest: str
    path: Path


@dataclass(frozen=True)
class Checked:
    """What a new text would do. `problems`: each with its line and key; with them there is nothing else.

    `changed`: rows of the database; `lines`: the text's own difference, unified, as (sign, line).
    """

    problems: tuple[str, ...] = ()
    changed: tuple[Difference, ...] = ()
    lines: tuple[tuple[str, str], ...] = ()


def standing(settings: Settings) -> Standing:
    """Raises CityFileError when it cannot be read."""
    path = file_of(settings)
    try:
        content = path.read_bytes()
        return Standing(content.decode("utf-8"), digest_of(content), path)
    except (OSError, UnicodeDecodeError) as error:
        raise CityFileError([f"{path.name}: {error}"]) from error


def digest_of(content: bytes) -> str:
    return sha256(content).hexdigest()


def tidy(text: str) -> str:
    """As a file has it: a form sends its lines with a carriage return."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"


# ---------------------------------------------------------------- checking


def check(wiring: Wiring, text: str) -> Checked:
    """What is wrong with it, or what it would change; changes nothing."""
    try:
        city = _read(tidy(text))
    except CityFileError as error:
        return Checked(problems=tuple(error.problems))
    changed = tuple(what_would_change(wiring, city))
    return Checked(changed=changed, lines=tuple(_lines(_standing_text(wiring.settings), tidy(text))))


def _read(text: str) -> CityRows:
    with TemporaryDirectory() as folder:
        path = Path(folder) / _NAME
        path.write_text(text, "utf-8", errors="replace")
        try:
            return rows(path)
        except CityFileError as error:
            raise CityFileError([each.replace(str(path), _NAME) for each in error.problems]) from error


def _standing_text(settings: Settings) -> str:
    try:
        return standing(settings).text
    except CityFileError:
        return ""


def _lines(before: str, after: str) -> Iterator[tuple[str, str]]:
    found = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    for count, line in enumerate(found):
        if count < 2:  # the names of the two files
            continue
        if count >= _MOST_LINES:
            yield "@", "…"
            return
        yield (line[0] if line else " "), line[1:]


# ---------------------------------------------------------------- applying


def apply(wiring: Wiring, text: str, seen: str, who: str, address: str = "") -> list[Difference]:
    """Put the file in its place and load it; -> what was changed in the database.

    `seen`: the digest of the file that the text was made from. Raises CityFileError, Conflict when somebody
    else changed the file since, OSError when it cannot be written.
    """
    text = tidy(text)
    city = _read(text)
    path = own_file(wiring.settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    with alone(path.parent):
        before = standing(wiring.settings)
        if before.digest != seen:
            raise Conflict("somebody else changed the city file since you read it; look at it again")
        _bring_examples(before.path, path)
        with _in_place(path, text):
            changed = load_file(wiring, city)
    _write_down(wiring, city, changed, who, address)
    return changed


def _bring_examples(before: Path, path: Path) -> None:
    """What people say stands beside the city file; the sorter learns from it."""
    there, here = before.parent / EXAMPLES, path.parent / EXAMPLES
    if there.is_dir() and not here.exists():
        shutil.copytree(there, here)


@contextmanager
def _in_place(path: Path, text: str) -> Iterator[None]:
    """The new file, in one piece; the old one again when what follows fails."""
    old = path.read_bytes() if path.exists() else None
    _write(path, text.encode())
    try:
        yield
    except BaseException:
        if old is None:
            path.unlink()
        else:
            _write(path, old)
        raise


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _write_down(wiring: Wiring, city: CityRows, changed: list[Difference], who: str, address: str) -> None:
    with wiring.unit_of_work() as work:
        detail = {"digest": city.digest, "changes": len(changed)}
        audit(work.session, wiring.now(), who, "city_loaded", city.name, address, detail)
        work.commit()
