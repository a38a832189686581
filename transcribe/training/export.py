"""Step 5 of the recipe: network, lexicon and language model to a folder that vosk loads.

Batch normalisation and the features' mean and deviation are folded into plain affines; the columns follow the
order of Kaldi's Append descriptor.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transcribe.training import kaldi_form as kaldi
from transcribe.training.graph import State, to_bytes
from transcribe.training.network import CONTEXT, DEPTH, WIDTH
from transcribe.training.phones import Ids
from transcribe.training.sound import MFCC, RATE, SUBSAMPLING

PRIOR_POWER = 0.7
Layer = tuple[NDArray[Any], NDArray[Any], int]


def _nonlinear(kind: str, size: int) -> bytes:
    empty, nothing = kaldi.vector([]), kaldi.real(0.0)
    fields = {
        "<Dim>": kaldi.integer(size),
        "<ValueAvg>": empty,
        "<DerivAvg>": empty,
        "<Count>": nothing,
        "<OderivRms>": empty,
        "<OderivCount>": nothing,
        "<NumDimsSelfRepaired>": nothing,
        "<NumDimsProcessed>": nothing,
    }
    body = b"".join(kaldi.token(name) + value for name, value in fields.items())
    return kaldi.token(f"<{kind}>") + body + kaldi.token(f"</{kind}>")


def _affine(weights: NDArray[Any], bias: NDArray[Any]) -> bytes:
    return (
        kaldi.token("<FixedAffineComponent>")
        + kaldi.token("<LinearParams>")
        + kaldi.matrix(weights)
        + kaldi.token("<BiasParams>")
        + kaldi.vector(bias)
        + kaldi.token("</FixedAffineComponent>")
    )


def _layers(saved: dict[str, Any]) -> list[Layer]:
    """[(weights, bias, offset of the neighbours; 0: none)]"""
    state = {k: v.double().numpy() for k, v in saved["state"].items()}
    mean, deviation = saved["mean"].double().numpy(), saved["deviation"].double().numpy()
    out: list[Layer] = []
    for i in range(DEPTH + 2):
        weights, bias = state[f"convs.{i}.weight"], state[f"convs.{i}.bias"]  # (out, in, 3)
        if i == 0:
            bias = bias - np.einsum("oik,i->o", weights, mean / deviation)
            weights = weights / deviation[None, :, None]
        gain = state[f"norms.{i}.weight"] / np.sqrt(state[f"norms.{i}.running_var"] + 1e-5)
        weights = weights * gain[:, None, None]
        bias = (bias - state[f"norms.{i}.running_mean"]) * gain + state[f"norms.{i}.bias"]
        out.append((weights.transpose(0, 2, 1).reshape(len(weights), -1), bias, 1 if i < 2 else SUBSAMPLING))
    return [*out, (state["out.weight"][:, :, 0], state["out.bias"], 0)]


def _network(layers: list[Layer]) -> bytes:
    nodes, components, before = ["input-node name=input dim=40"], {}, "input"
    for i, (weights, bias, offset) in enumerate(layers):
        source = before
        if offset:
            source = f"Append(Offset({before}, -{offset}), {before}, Offset({before}, {offset}))"
        nodes.append(f"component-node name=affine{i} component=affine{i} input={source}")
        components[f"affine{i}"] = _affine(weights, bias)
        before = f"affine{i}"
        if offset:
            nodes.append(f"component-node name=relu{i} component=relu{i} input={before}")
            components[f"relu{i}"] = _nonlinear("RectifiedLinearComponent", WIDTH)
            before = f"relu{i}"
    nodes += [
        f"component-node name=logsoftmax component=logsoftmax input={before}",
        "output-node name=output input=logsoftmax objective=linear",
    ]
    components["logsoftmax"] = _nonlinear("LogSoftmaxComponent", len(layers[-1][1]))
    body = b"".join(
        kaldi.token("<ComponentName>") + kaldi.token(name) + component
        for name, component in components.items()
    )
    # The nodes are text in the binary form too; an empty line ends them.
    return (
        kaldi.token("<Nnet3>")
        + b"\n"
        + "\n".join(nodes).encode()
        + b"\n\n"
        + kaldi.token("<NumComponents>")
        + kaldi.integer(len(components))
        + body
        + kaldi.token("</Nnet3>")
    )


def _topology(phones: list[int]) -> bytes:
    """Every phone has one state that emits (0: stay or leave) and one that ends it."""
    ends = kaldi.integer(-1) + kaldi.integer(0)
    emits = kaldi.integer(0) + kaldi.integer(2)
    emits += kaldi.integer(0) + kaldi.real(0.5) + kaldi.integer(1) + kaldi.real(0.5)
    return (
        kaldi.token("<Topology>")
        + kaldi.integers(phones)
        + kaldi.integers([-1] + [0] * max(phones))
        + kaldi.integer(1)
        + kaldi.integer(2)
        + emits
        + ends
        + kaldi.token("</Topology>")
    )


def _transitions(ids: Ids) -> bytes:
    pairs = ids.phone_pdf()
    triples = b"".join(kaldi.integer(phone) + kaldi.integer(0) + kaldi.integer(pdf) for phone, pdf in pairs)
    costs = kaldi.vector([0.0] + [-0.693147] * (2 * len(pairs)))
    return (
        kaldi.token("<TransitionModel>")
        + _topology([phone for phone, _ in pairs])
        + kaldi.token("<Triples>")
        + kaldi.integer(len(pairs))
        + triples
        + kaldi.token("</Triples>")
        + kaldi.token("<LogProbs>")
        + costs
        + kaldi.token("</LogProbs>")
        + kaldi.token("</TransitionModel>")
    )


def acoustic(network: Path, folder: Path) -> Ids:
    """am/final.mdl and conf/mfcc.conf; returns the ids that the graph must use."""
    import torch  # the recipe's venv has it, the house does not

    saved = torch.load(network, weights_only=False)
    ids = Ids(saved["units"])
    prior = np.maximum(saved["counts"] / saved["counts"].sum(), 1e-4) ** PRIOR_POWER
    (folder / "am").mkdir(parents=True, exist_ok=True)
    (folder / "conf").mkdir(exist_ok=True)
    (folder / "am" / "final.mdl").write_bytes(
        kaldi.HEADER
        + _transitions(ids)
        + _network(_layers(saved))
        + kaldi.token("<LeftContext>")
        + kaldi.integer(CONTEXT)
        + kaldi.token("<RightContext>")
        + kaldi.integer(CONTEXT)
        + kaldi.token("<Priors>")
        + kaldi.vector(prior / prior.sum())
    )
    (folder / "conf" / "mfcc.conf").write_text(
        f"--sample-frequency={RATE}\n--use-energy=false\n--num-mel-bins={MFCC['num_mel_bins']}\n"
        f"--num-ceps={MFCC['num_ceps']}\n--low-freq={MFCC['low_freq']}\n--high-freq={MFCC['high_freq']}\n"
        "--dither=0\n--allow-downsample=true\n--allow-upsample=true\n"
    )
    return ids


def configuration(folder: Path, acoustic_scale: float = 0.3, beam: float = 12.0) -> None:
    (folder / "conf" / "model.conf").write_text(
        f"--min-active=200\n--max-active=4000\n--beam={beam}\n--lattice-beam=4.0\n"
        f"--acoustic-scale={acoustic_scale}\n--frame-subsampling-factor={SUBSAMPLING}\n"
        "--endpoint.silence-phones=1\n--endpoint.rule2.min-trailing-silence=0.5\n"
        "--endpoint.rule3.min-trailing-silence=0.75\n--endpoint.rule4.min-trailing-silence=1.0\n"
    )


def graph(folder: Path, words: list[str], states: list[State], ids: Ids) -> None:
    """graph/HCLG.fst, words.txt and phones/word_boundary.int."""
    (folder / "graph" / "phones").mkdir(parents=True, exist_ok=True)
    (folder / "graph" / "HCLG.fst").write_bytes(to_bytes(states))
    (folder / "graph" / "words.txt").write_text("".join(f"{w} {i}\n" for i, w in enumerate(words)), "utf-8")
    kind = {"": "nonword", "B": "begin", "I": "internal", "E": "end", "S": "singleton"}
    (folder / "graph" / "phones" / "word_boundary.int").write_text(
        "".join(f"{i + 1} {kind[place]}\n" for i, (_, place) in enumerate(ids.phones))
    )


def sounds(folder: Path, syllables: Mapping[str, tuple[str, ...]], ids: Ids) -> None:
    """graph/syllables.txt (what each syllable is made of) and graph/phones.txt: for words that are added."""
    lines = (f"{name} {' '.join(units)}\n" for name, units in sorted(syllables.items()))
    (folder / "graph" / "syllables.txt").write_text("".join(lines), "utf-8")
    phones = (f"{unit}{'_' + place if place else ''} {i + 1}\n" for i, (unit, place) in enumerate(ids.phones))
    (folder / "graph" / "phones.txt").write_text("".join(phones), "utf-8")
