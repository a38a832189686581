"""Step 2 of the recipe: a TDNN trained frame by frame with cross-entropy, one output for three frames.

conv(-1,0,1) · conv(-1,0,1) stride 3 · DEPTH × conv(-3,0,3) · 1x1. Convolutions without padding over edges
that are repeated are what Kaldi's looped decodable computes at the ends of an utterance. torch is in the
recipe's own venv, not in the house's.
"""

from __future__ import annotations

import json
import pickle
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transcribe.training.sound import SUBSAMPLING

WIDTH, DEPTH = 320, 4
CONTEXT = 2 + 3 * DEPTH
"""Frames of context on each side."""
CHUNK, BATCH = 60, 64
"""Outputs of a chunk, chunks of a step."""
_PADDING = -100
_LENGTH = SUBSAMPLING * (CHUNK - 1) + 1 + 2 * CONTEXT

Example = tuple[NDArray[Any], NDArray[Any]]


def tdnn(pdfs: int) -> Any:
    """(batch, 40, 3 n - 2 + 2 CONTEXT) -> (batch, pdfs, n)"""
    import torch
    from torch import nn

    class Tdnn(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            first = [nn.Conv1d(40, WIDTH, 3), nn.Conv1d(WIDTH, WIDTH, 3, stride=SUBSAMPLING)]
            self.convs = nn.ModuleList(first + [nn.Conv1d(WIDTH, WIDTH, 3) for _ in range(DEPTH)])
            self.norms = nn.ModuleList([nn.BatchNorm1d(WIDTH) for _ in self.convs])
            self.out = nn.Conv1d(WIDTH, pdfs, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for conv, norm in zip(self.convs, self.norms, strict=True):
                x = torch.relu(norm(conv(x)))
            return self.out(x)

    return Tdnn()


def batches(data: Sequence[Example], rng: np.random.Generator) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Chunks cut from edge-padded utterances, in random order: (batch, 40, frames) and (batch, CHUNK)."""
    chunks = (chunk for i in rng.permutation(len(data)) for chunk in _cut(*data[i], rng))
    xs: list[NDArray[Any]] = []
    ys: list[NDArray[Any]] = []
    for x, y in chunks:
        xs.append(x)
        ys.append(y)
        if len(xs) == BATCH:
            yield _together(xs, ys)
            xs, ys = [], []
    if xs:
        yield _together(xs, ys)


def _cut(frames: NDArray[Any], wanted: NDArray[Any], rng: np.random.Generator) -> Iterator[Example]:
    n = len(wanted)
    edges = (np.repeat(frames[:1], CONTEXT, 0), frames, np.repeat(frames[-1:], CONTEXT + 3, 0))
    padded = np.concatenate(edges)
    first = int(rng.integers(0, max(1, min(CHUNK, n - CHUNK + 1))))
    for start in list(range(first, n - CHUNK + 1, CHUNK)) or [0]:
        there = min(CHUNK, n - start)
        x = padded[start * SUBSAMPLING : start * SUBSAMPLING + _LENGTH]
        y = np.full(CHUNK, _PADDING, np.int64)
        y[:there] = wanted[start : start + there]
        if len(x) < _LENGTH:
            x = np.concatenate([x, np.repeat(x[-1:], _LENGTH - len(x), 0)])
        yield x, y


def _together(xs: list[NDArray[Any]], ys: list[NDArray[Any]]) -> tuple[NDArray[Any], NDArray[Any]]:
    return np.stack(xs).astype(np.float32).transpose(0, 2, 1), np.stack(ys)


def train(folder: Path, epochs: int) -> None:
    """Reads `units.json` and `features.pkl`, writes `network.pt`."""
    import torch

    units = json.loads((folder / "units.json").read_text("utf-8"))
    with (folder / "features.pkl").open("rb") as file:
        data = pickle.load(file)  # noqa: S301 - written by step 1 a moment ago
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    sample = np.concatenate([frames[::10] for frames, _ in data]).astype(np.float32)
    mean, deviation = torch.from_numpy(sample.mean(0)), torch.from_numpy(sample.std(0) + 1e-3)
    counts = np.bincount(np.concatenate([y for _, y in data]), minlength=len(units)) + 1.0
    network = tdnn(len(units))
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-3)
    steps = sum(1 for _ in batches(data, rng)) * epochs + epochs * 20
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps, pct_start=0.2)
    began = time.monotonic()
    for epoch in range(epochs):
        told = _epoch(network, optimiser, schedule, batches(data, rng), (mean, deviation))
        spent = time.monotonic() - began
        print(f"epoch {epoch + 1}/{epochs}: {told}, {spent:.0f} s", flush=True)  # noqa: T201
        kept = {"state": network.state_dict(), "mean": mean, "deviation": deviation, "counts": counts}
        torch.save({**kept, "units": units}, folder / "network.pt")


def _epoch(network: Any, optimiser: Any, schedule: Any, batches: Any, scale: tuple[Any, Any]) -> str:
    import torch

    mean, deviation = scale
    network.train()
    loss_sum = right = total = 0.0
    for frames, wanted in batches:
        x, y = torch.from_numpy(frames), torch.from_numpy(wanted)
        out = network((x - mean[None, :, None]) / deviation[None, :, None])
        loss = torch.nn.functional.cross_entropy(out, y, ignore_index=_PADDING)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        known = y >= 0
        n = int(known.sum())
        loss_sum += loss.item() * n
        right += int((out.argmax(1)[known] == y[known]).sum())
        total += n
    return f"loss {loss_sum / total:.3f}, frames right {right / total:.3f}"
