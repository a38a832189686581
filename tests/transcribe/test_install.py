"""Installing a model: whatever goes wrong, what is there stays, and something serves."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zipfile import ZipFile

import pytest

from transcribe import models
from transcribe.engine import EngineFault
from transcribe.install import install
from transcribe.models import EMBEDDED, find, find_working


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A whole model under a name of its own."""
    return Path(shutil.copytree(EMBEDDED, tmp_path / "from" / "city-model"))


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def zipped(folder: Path, path: Path, inside: str = "") -> Path:
    with ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, f"{inside}{file.relative_to(folder)}")
    return path


def names(cache: Path) -> list[str]:
    return sorted(path.name for path in models.models_dir(cache).iterdir())


class Broken(BaseHTTPRequestHandler):
    """Promises more than it sends."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        self.wfile.write(b"PK" * 100)

    def log_message(self, *_: object) -> None:
        pass


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[str]:
    yield from served(partial(Quiet, directory=str(tmp_path)))


@pytest.fixture
def broken_publisher() -> Iterator[str]:
    yield from served(Broken)


def served(handler: object) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)  # type: ignore[arg-type]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_models_folder_is_copied_and_in_use(folder: Path, cache: Path) -> None:
    model = install(str(folder), cache)
    assert (model.name, model.path) == ("city-model", cache / "models/city-model")
    assert find(None, cache) == model
    assert names(cache) == ["city-model", "current"]


def test_a_zip_file_comes_over_the_network_with_progress(
    tmp_path: Path, folder: Path, cache: Path, publisher: str
) -> None:
    archive = zipped(folder, tmp_path / "other.zip", "vosk-model-x/")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    told: list[tuple[int, int]] = []
    model = install(
        f"{publisher}/other.zip", cache, sha256=digest.upper(), tell=lambda *step: told.append(step)
    )
    assert model.name == "vosk-model-x"
    assert told[-1] == (archive.stat().st_size, archive.stat().st_size)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_zip_file_without_a_folder_gives_the_model_its_own_name(
    tmp_path: Path, folder: Path, cache: Path
) -> None:
    assert install(str(zipped(folder, tmp_path / "flat.zip")), cache).name == "flat"


def test_the_same_model_again_takes_the_place_of_the_old_one(folder: Path, cache: Path) -> None:
    install(str(folder), cache)
    (folder / "README.md").write_text("newer")
    install(str(folder), cache)
    assert (cache / "models/city-model/README.md").read_text() == "newer"
    assert names(cache) == ["city-model", "current"]


def test_the_last_installed_is_in_use_even_when_files_are_touched(folder: Path, cache: Path) -> None:
    install(str(folder), cache)
    install(str(folder.rename(folder.with_name("second"))), cache)
    (cache / "models/city-model").touch()
    assert find(None, cache).name == "second"  # type: ignore[union-attr]


def refused(source: str, cache: Path, what: str, **more: str) -> None:
    def there() -> list[Path]:
        return [path for path in sorted(cache.rglob("*")) if path != models.models_dir(cache)]

    before = there()
    with pytest.raises(EngineFault, match=what) as caught:
        install(source, cache, **more)  # type: ignore[arg-type]
    assert len(str(caught.value).splitlines()) == 1
    assert there() == before


def test_a_missing_file_is_named_before_anything_is_copied(folder: Path, cache: Path) -> None:
    (folder / "graph/words.txt").unlink()
    refused(str(folder), cache, r"city-model: graph/words\.txt is missing")


def test_what_is_not_there_is_said_to_be_missing(tmp_path: Path, cache: Path) -> None:
    refused(str(tmp_path / "gone.zip"), cache, "there is no such folder or file")


def test_what_is_no_zip_file_is_refused(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "picture.zip").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    refused(str(tmp_path / "picture.zip"), cache, "no whole zip file")


def test_half_a_zip_file_is_refused(tmp_path: Path, folder: Path, cache: Path) -> None:
    archive = zipped(folder, tmp_path / "half.zip", "m/")
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    refused(str(archive), cache, "no whole zip file")


def test_another_checksum_is_refused(tmp_path: Path, folder: Path, cache: Path) -> None:
    archive = zipped(folder, tmp_path / "m.zip", "m/")
    refused(str(archive), cache, "its SHA-256 is", sha256="0" * 64)


def test_a_zip_file_that_reaches_out_of_its_folder_is_refused(tmp_path: Path, cache: Path) -> None:
    with ZipFile(tmp_path / "trap.zip", "w") as archive:
        archive.writestr("../../evil", "x")
    refused(str(tmp_path / "trap.zip"), cache, "out of its folder")


def test_a_transfer_that_breaks_off_is_refused(cache: Path, broken_publisher: str) -> None:
    refused(f"{broken_publisher}/model.zip", cache, "cannot be fetched|of 100000 bytes")


def test_a_publisher_who_does_not_answer_is_named(cache: Path) -> None:
    refused("http://127.0.0.1:1/model.zip", cache, "cannot be fetched")


def test_a_model_that_does_not_load_is_refused_and_the_old_one_stays(folder: Path, cache: Path) -> None:
    install(str(folder), cache)
    broken = folder.rename(folder.with_name("broken"))
    content = (broken / "graph/HCLG.fst").read_bytes()
    (broken / "graph/HCLG.fst").write_bytes(content[: len(content) // 3])
    refused(str(broken), cache, "broken: ")
    assert find(None, cache).name == "city-model"  # type: ignore[union-attr]


@pytest.mark.parametrize("file", ["am/final.mdl", "graph/HCLG.fst"])
def test_where_the_chosen_model_dies_on_load_the_embedded_one_serves(
    folder: Path, cache: Path, file: str
) -> None:
    (folder / file).write_bytes(b"another kind of file")
    complaints: list[str] = []
    model = find_working(folder, cache, complaints.append)
    assert model is not None
    assert model.name == "embedded"
    assert len(complaints) == 1
    assert "city-model" in complaints[0]
    assert "the embedded model serves" in complaints[0]


def test_where_the_chosen_model_is_gone_the_embedded_one_serves(tmp_path: Path, cache: Path) -> None:
    complaints: list[str] = []
    assert find_working(tmp_path / "gone", cache, complaints.append).name == "embedded"  # type: ignore[union-attr]
    assert "there is no folder" in complaints[0]


def test_a_whole_model_is_chosen_without_complaint(folder: Path, cache: Path) -> None:
    complaints: list[str] = []
    assert find_working(folder, cache, complaints.append).name == "city-model"  # type: ignore[union-attr]
    assert complaints == []
