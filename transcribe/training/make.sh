#!/bin/sh
# Train the embedded model: `make model`. $1: the cache folder, for the recipe's venv and its work.
# Takes about an hour on two cores, with the lowest priority; what is done is kept, so it may be stopped.
set -eu
cd "$(dirname "$0")/../.."
work="$1/training"
python="$work/venv/bin/python"
mkdir -p "$work"

if [ ! -f "$work/venv/.installed" ] || [ transcribe/training/requirements.txt -nt "$work/venv/.installed" ]; then
    echo "minsheng110: making the recipe's venv in $work/venv (torch is large)" >&2
    .venv/bin/python -m venv "$work/venv"
    "$python" -m pip install --disable-pip-version-check -q -r transcribe/training/requirements.txt
    touch "$work/venv/.installed"
fi

PYTHONPATH=. nice -n 19 "$python" -m transcribe.training.recipe "$work" "$work/embedded"
cp transcribe/embedded/README.md "$work/embedded/"
echo "minsheng110: the model is in $work/embedded; when its figures please: cp -r $work/embedded/. transcribe/embedded/" >&2
