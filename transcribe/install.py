"""Install a model: from a folder, from a zip file, or from its publisher.

Whatever goes wrong, the models that are there stay as they are: a model is fetched, unpacked, looked through
and tried out beside them, and moves in when it works.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from urllib.error import URLError
from urllib.parse import unquote, urlsplit
from urllib.request import urlopen
from zipfile import BadZipFile, ZipFile

from transcribe import models
from transcribe.engine import EngineFault
from transcribe.models import EMBEDDED_NAME, Model

DEFAULT_URL = "https://alphacephei.com/vosk/models/vosk-model-small-cn-0.22.zip"
"""For citizens' speech: small, Mandarin, from the publisher of vosk."""
DEFAULT_SHA256 = "3af8b0e7e0f835ae9d414ce5df580237a3cfb08d586c9fbbb0f7ff29ad5b14ba"
"""As others published it for this file; the publisher gives none."""

Tell = Callable[[int, int], object]
"""(bytes so far, bytes in all or 0) while a model is fetched."""

_PIECE = 1 << 18
_MOST_BYTES = 8 << 30
"""No model is larger unpacked; a zip file that claims more is a trap."""
_WAITS_SECONDS = 30.0


def install(
    source: str, cache_dir: Path, *, sha256: str | None = None, tell: Tell = lambda *_: None
) -> Model:
    """The model of a folder, a zip file or a URL, moved in and in use.

    `sha256`: what the file must have (hex). Raises EngineFault; nothing has changed then.
    """
    home = models.models_dir(cache_dir)
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _workshop(home) as shop:
            folder = _unpacked(source, shop, sha256, tell)
            model = models.check(folder)
            if model.name == EMBEDDED_NAME:
                raise EngineFault(f"a model cannot be named {EMBEDDED_NAME}: that is the project's own")
            models.try_out(model)
            _move_in(folder, home / model.name, shop)
        models.use(cache_dir, model.name)
    except OSError as error:
        raise EngineFault(f"{error.filename or home}: {error.strerror or type(error).__name__}") from error
    return replace(model, path=home / model.name)


@contextmanager
def _workshop(home: Path) -> Iterator[Path]:
    """A folder beside the models, gone afterwards: moving from it is one step of the file system."""
    shop = Path(mkdtemp(prefix=".incoming-", dir=home))
    try:
        yield shop
    finally:
        shutil.rmtree(shop, ignore_errors=True)


def _unpacked(source: str, shop: Path, sha256: str | None, tell: Tell) -> Path:
    """The model's folder inside the workshop, under the model's name."""
    if urlsplit(source).scheme in ("http", "https"):
        if source == DEFAULT_URL and sha256 is None:
            sha256 = DEFAULT_SHA256
        name = Path(unquote(urlsplit(source).path)).name or "model.zip"
        return _unzip(_fetch(source, shop / name, tell), shop, sha256)
    path = Path(source)
    if path.is_dir():
        if sha256 is not None:
            raise EngineFault(f"{path.name}: a folder has no checksum; give the zip file")
        models.check(path)
        target = shop / "model" / path.resolve().name
        return Path(shutil.copytree(path, target, copy_function=shutil.copyfile))
    if not path.is_file():
        raise EngineFault(f"{source}: there is no such folder or file, and it is no URL")
    return _unzip(path, shop, sha256)


def _fetch(url: str, target: Path, tell: Tell) -> Path:
    try:
        with urlopen(url, timeout=_WAITS_SECONDS) as answer, target.open("wb") as file:  # noqa: S310 - http(s)
            whole = int(answer.headers.get("Content-Length") or 0)
            done = 0
            while piece := answer.read(_PIECE):
                file.write(piece)
                done += len(piece)
                tell(done, whole)
    except (URLError, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", None) or error
        raise EngineFault(
            f"{url}: cannot be fetched ({reason}); fetch it by other means and give the file's path"
        ) from error
    if whole and done != whole:
        raise EngineFault(f"{url}: only {done} of {whole} bytes came; install it again")
    return target


def _unzip(path: Path, shop: Path, sha256: str | None) -> Path:
    if sha256 is not None:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != sha256.lower():
            raise EngineFault(
                f"{path.name}: its SHA-256 is {found}, not {sha256.lower()}; fetch it again, "
                "or give --sha256 if its publisher says so"
            )
    target = shop / "model"
    try:
        with ZipFile(path) as archive:
            _refuse_traps(archive, path.name)
            archive.extractall(target)
    except BadZipFile as error:
        raise EngineFault(f"{path.name}: this is no whole zip file; fetch it again") from error
    inside = [each for each in target.iterdir() if not each.name.startswith(("__MACOSX", "."))]
    if len(inside) == 1 and inside[0].is_dir():
        return inside[0]
    return target.rename(shop / path.stem)


def _refuse_traps(archive: ZipFile, name: str) -> None:
    entries = archive.infolist()
    if sum(entry.file_size for entry in entries) > _MOST_BYTES:
        raise EngineFault(f"{name}: it would unpack to more than {_MOST_BYTES >> 30} GB; it is no model")
    for entry in entries:
        inside = PurePosixPath(entry.filename)
        if inside.is_absolute() or ".." in inside.parts or stat.S_ISLNK(entry.external_attr >> 16):
            raise EngineFault(f"{name}: it holds a path out of its folder; it is no model")


def _move_in(folder: Path, home: Path, shop: Path) -> None:
    """In the place of one of the same name, which others may be reading: they keep their open files."""
    if home.exists():
        home.rename(shop / "old")
    try:
        folder.rename(home)
    except OSError:
        if (shop / "old").exists():
            (shop / "old").rename(home)
        raise
    os.utime(home)
