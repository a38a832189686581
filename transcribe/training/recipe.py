"""The whole recipe: `python -m transcribe.training.recipe WORK_FOLDER MODEL_FOLDER` (`make model`).

Steps that are already done in the work folder are not done again; delete a file to repeat its step:
`features.pkl` (the speech), `network.pt` (the network). The graph and the figures are always made anew.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from transcribe.training import export, features, graph, language, network, texts, words
from transcribe.training.espeak import Espeak
from transcribe.training.phones import NOISE, UNKNOWN, Ids, Lexicon

UTTERANCES, EPOCHS = 24_000, 8
GENERATED, GENERAL_WORDS = 30_000, 8_000
NGRAMS = 81_000
"""How many n-grams of two and three words the graph carries: about 11 MB."""
LONGEST = 24
"""Characters of a sentence that the network hears."""
CITY = Path(__file__).parents[2] / "router/city"

Sentences = list[list[str]]


def prepare_words() -> None:
    whole = [name for key in ("town", "road", "estate", "spot") for name in texts.lists()[key]]
    words.keep_whole([*whole, *texts.names(CITY / "shaowu.toml")])


def spoken() -> Sentences:
    """What somebody wrote as it is spoken: the city's examples, and ours."""
    found = texts.plain(sorted((CITY / "examples").glob("*.txt"))) + texts.own("spoken")
    city = CITY / "shaowu.toml"
    return [words.segment(s) for s in found + texts.names(city) + texts.cries(city)]


def generated(count: int) -> Sentences:
    return [words.segment(s) for s in texts.generated(1, count)]


def make_sound(work: Path) -> None:
    said = [s for s in generated(6_000) + spoken() * 2 if s and sum(map(len, s)) <= LONGEST]
    features.make(work, UTTERANCES, said)


def vocabulary(sentences: Sentences, ids: Ids) -> dict[str, list[tuple[str, ...]]]:
    """Every word that the model knows → its pronunciations."""
    lexicon = Lexicon(Espeak.only())
    chosen = (
        {w for s in sentences for w in s} | set(words.vocabulary(GENERAL_WORDS)) | set(words.characters())
    )
    sounds = {w: lexicon.units(w) for w in sorted(chosen) if words.is_hanzi(w)}
    return {w: found for w, found in sounds.items() if found and all(u in ids.pdf for f in found for u in f)}


def mixture(known: Mapping[str, object], own: Sentences, patterns: Sentences) -> language.Mixture:
    """Ours and the patterns', mixed as the development set likes it."""
    bodies = [
        language.Text(words.only(known, s) for s in own),
        language.Text((words.only(known, s) for s in patterns), (2, 2)),
    ]
    shares = [1 / len(bodies)] * len(bodies)
    development = [words.only(known, words.segment(s)) for s in texts.own("development")]
    base = language.base(bodies, shares, words.general(known))
    mixed = language.Mixture(bodies, shares, base)
    shares = language.shares_for(mixed, development)
    mixed = language.Mixture(bodies, shares, language.base(bodies, shares, words.general(known)))
    told = " ".join(f"{share:.2f}" for share in shares)
    print(f"shares {told}, perplexity {language.perplexity(mixed, development):.0f}", flush=True)  # noqa: T201
    return mixed


def make_graph(work: Path, model: Path) -> None:
    ids = export.acoustic(work / "network.pt", model)
    own, patterns = spoken(), generated(GENERATED)
    known = vocabulary(own + patterns, ids)
    levels = language.prune(mixture(known, own, patterns), NGRAMS)
    unknown = UNKNOWN if NOISE in ids.pdf else None
    if unknown:
        known[unknown] = [(NOISE,)]
    automaton = language.automaton(levels, unknown)
    names, states = graph.build(automaton, known, ids)
    export.graph(model, names, states, ids)
    export.sounds(model, Lexicon(Espeak.only()).syllables(known), ids)
    export.configuration(model)
    arcs = sum(len(here) for _, here in states)
    print(f"{len(known)} words, {len(states)} states, {arcs} arcs", flush=True)  # noqa: T201


def main(arguments: Sequence[str]) -> None:
    work, model = (Path(a) for a in arguments)
    prepare_words()
    if not (work / "features.pkl").exists():
        make_sound(work)
    if not (work / "network.pt").exists():
        network.train(work, EPOCHS)
    make_graph(work, model)
    # In a process of its own: kaldifst and libvosk bring two copies of one library.
    subprocess.run([sys.executable, "-m", "transcribe.training.evaluate", str(model)], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
