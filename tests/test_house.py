"""The house keeps its rules: arrows, sizes, what a process loads, what must not be written down."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
ROOMS = ("cases", "router", "transcribe", "ivr", "hotline", "web", "agi_scripts", "asterisk_conf")
STRICT_ROOMS = ("cases", "ivr", "router", "transcribe")
TEXT_SUFFIXES = {
    ".py",
    ".sh",
    ".cfg",
    ".toml",
    ".lock",
    ".txt",
    ".md",
    ".conf",
    ".j2",
    ".html",
    ".css",
    ".yaml",
    "",
}
THIS_FILE = Path(__file__).relative_to(ROOT)

# Addresses that may stand in code: this machine, the names reserved for examples, names of XML formats, and
# where people read more; and the publisher of the model that is installed by default. Everything else would
# be a mirror, a registry or a service that we depend on.
ALLOWED_HOSTS = re.compile(
    r"^(127\.0\.0\.1|0\.0\.0\.0|localhost|(.+\.)?example(\.(com|org|net))?|.+\.(test|invalid)|www\.w3\.org|"
    r"www\.apache\.org|docs\.asterisk\.org|www\.rfc-editor\.org|alphacephei\.com)$"
)


@cache
def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [Path(line) for line in listed.stdout.splitlines() if (ROOT / line).is_file()]
    skipped = {".venv", "var", "node_modules", "build", "dist"}
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return [path for path in found if not skipped & set(path.parts) and "__pycache__" not in path.parts]


def sources() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py" and path.parts[0] in (*ROOMS, "tests")]


def lines_matching(pattern: str, paths: list[Path]) -> list[str]:
    wanted = re.compile(pattern)
    return [
        f"{path}:{number}: {line.strip()[:120]}"
        for path in paths
        for number, line in enumerate((ROOT / path).read_text("utf-8", "replace").splitlines(), 1)
        if wanted.search(line)
    ]


def texts() -> list[Path]:
    return [
        path
        for path in tracked()
        if path.suffix in TEXT_SUFFIXES and "vendor" not in path.parts and path != THIS_FILE
    ]


# ---------------------------------------------------------------- the tools agree
@pytest.mark.parametrize(
    "words",
    [
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy", *STRICT_ROOMS),
        ("lint-imports",),
    ],
    ids=" ".join,
)
def test_the_checks_of_the_house_pass(words: tuple[str, ...]) -> None:
    done = subprocess.run(
        [str(BIN / words[0]), *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


# ---------------------------------------------------------------- what a process loads
@pytest.mark.parametrize(
    ("door", "never"),
    [
        (
            "agi_scripts.server",
            ("flask", "twilio", "vosk", "numpy", "scipy", "sklearn", "jieba", "web", "router"),
        ),
        ("web.server", ("vosk", "transcribe.vosk_engine")),
        ("hotline.cli.serve", ("flask", "sqlalchemy", "vosk")),
    ],
)
def test_a_process_loads_only_what_it_needs(door: str, never: tuple[str, ...]) -> None:
    program = f"import sys, {door}; print('\\n'.join(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    names = {name for module in loaded.stdout.splitlines() for name in (module, module.partition(".")[0])}
    assert not names & set(never)


@pytest.mark.parametrize("room", ROOMS)
def test_importing_a_room_opens_nothing(room: str, tmp_path: Path) -> None:
    files = [path for path in sources() if path.parts[0] == room and "migrations" not in path.parts]
    modules = [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in files]
    program = (
        "import sys, importlib\n"
        "def refuse(event, details):\n"
        "    if event in ('socket.connect', 'socket.bind', 'subprocess.Popen', 'os.mkdir', 'os.exec'):\n"
        "        raise SystemExit(f'{event}{details}')\n"
        "sys.addaudithook(refuse)\n"
        f"for name in {[name for name in modules if '__main__' not in name]}: importlib.import_module(name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- sizes
def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {path: len((ROOT / path).read_text("utf-8").splitlines()) for path in sources()}
    assert {str(path): count for path, count in lengths.items() if count > 400} == {}


def functions() -> Iterator[int]:
    for path in sources():
        if path.parts[0] != "tests":
            tree = ast.parse((ROOT / path).read_text("utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield (node.end_lineno or node.lineno) - node.lineno + 1


def test_functions_are_short() -> None:
    lengths = sorted(functions())
    assert statistics.median(lengths) <= 10
    assert lengths[int(len(lengths) * 0.9)] <= 35


# ---------------------------------------------------------------- what must not be written down
def test_no_mirror_registry_or_service_is_named() -> None:
    found = []
    for path in texts():
        if path.suffix != ".md":
            hosts = re.findall(
                r"(?:https?|wss?|ftp)://([A-Za-z0-9.-]+)", (ROOT / path).read_text("utf-8", "replace")
            )
            found += [f"{path}: {host}" for host in hosts if not ALLOWED_HOSTS.match(host)]
    assert found == []


def test_no_path_of_a_developers_machine_is_written_down() -> None:
    assert lines_matching(r"(?<![\w./-])/(work|home/\w+|Users/\w+)/", texts()) == []


def test_no_test_is_skipped_and_none_waits_for_luck() -> None:
    tests = [path for path in sources() if path.parts[0] == "tests" and path != THIS_FILE]
    assert lines_matching(r"mark\.skip|pytest\.skip\(|mark\.xfail|unittest\.mock|importorskip", tests) == []


def test_nothing_is_left_to_do() -> None:
    assert (
        lines_matching(r"\b(TODO|FIXME|XXX|HACK)\b", [path for path in sources() if path != THIS_FILE]) == []
    )


def test_the_versions_are_exact_and_name_no_place_to_fetch_them_from() -> None:
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    wrong = [line for line in lines if not re.fullmatch(r"#.*|[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)]
    assert wrong == []


# ---------------------------------------------------------------- the bench explains itself
def test_make_alone_explains_every_target() -> None:
    shown = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert phony
    assert [
        target for target in phony[1].split() if not re.search(rf"^  {target} ", shown, re.MULTILINE)
    ] == []
