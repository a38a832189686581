"""Several requests in one message: cut where the text clearly begins another one. Pure.

A piece begins at a word that adds something (还有, 另外, 第二件事) and is about another matter than the piece
before it; where either is not sure, nothing is cut. Put together the pieces are the message.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from router.text import fold, squeezed

About = tuple[str, str]
"""A matter: first level, second level."""
MatterOf = Callable[[str], About | None]
"""Text → what it is about; None where that is not sure."""

_STRONG = re.compile(
    r"(?:还有|另外|再有|再一个|另一个|第[二三四五](?:个|件)?)(?:还有)?(?:就是)?(?:一)?[个件]"
    r"(?:事情|事儿|事|问题|情况|是)|"
    r"第[二三四五](?:个|件|点)?(?:[,,、 ]|是|就是|呢)|"
    r"再一个(?:就是|是|呢|[,,、 ])|另外(?:还有)?(?!一[家边头条户侧栋])|"
    r"除此之外|此外|除了这个|顺便(?:再|还)?(?:问|说|反映|咨询|投诉)|"
    r"(?:还|再)(?:想|要)?(?:再)?(?:反映|投诉|咨询|举报|问一下|问个|问一个|说一下|说一个)|最后(?:一个|再)"
)
# What stands behind these goes on with the same thing: 还有晚上唱歌, 还有人不牵绳, 还有异味.
_GOES_ON = "人|[异气]?味|晚上|半夜|白天|早上|经常|天天|每天|时候|有时|总是|一直|[很都他她它的没点些几]"
_WEAK = re.compile(
    rf"(?:然后)?还有(?:就是|啊|呢|[,,、 ])|(?:然后)?还有(?!{_GOES_ON})|再就是|其次|同时(?=[我想要也])"
)
# That those who should help do not is said of the request before it.
_NO_HELP = re.compile(
    r"(?:物业|他们|你们|老板|部门|社区|居委会|村里|村委会|派出所|城管|单位)\s*"
    r"(?:也|都|就是|一直|根本)?\s*(?:不管|没人管|不理|不处理|不解决|没解决|不来|没来)"
)
_LEAST = 3
"""A piece of fewer signs says no request."""
_READ = 2_000
"""What is longer is a letter; a person reads it whole."""


@dataclass(frozen=True)
class Piece:
    """text[start:end], verbatim, and what it is about; None for a message that is left whole."""

    start: int
    end: int
    text: str
    about: About | None = None


def split(text: str, matter_of: MatterOf) -> tuple[Piece, ...]:
    """The requests in `text`, in order: one piece, or several that together are the text. Never raises."""
    whole = (Piece(0, len(text), text),)
    cuts = _cuts(fold(text)) if len(text) <= _READ else []
    if not cuts:
        return whole
    begin, about, pieces = 0, matter_of(text[: cuts[0][0]]), []
    for place, (cut, strong) in enumerate(cuts):
        following = cuts[place + 1][0] if place + 1 < len(cuts) else len(text)
        other = matter_of(text[cut:following])
        if about is None:
            about = matter_of(text[begin:following])
            continue
        if other is None or not _another(about, other, strong) or _NO_HELP.search(text, cut, following):
            continue
        pieces.append(Piece(begin, cut, text[begin:cut], about))
        begin, about = cut, other
    return (*pieces, Piece(begin, len(text), text[begin:], about)) if pieces else whole


def _another(about: About, other: About, strong: bool) -> bool:
    """Behind a bare 还有 only a matter of another first level is another request."""
    return about != other if strong else about[0] != other[0]


def _cuts(folded: str) -> list[tuple[int, bool]]:
    """Where a piece may begin, and whether the word there announces another request."""
    said, origin = squeezed(folded)
    found = {origin[match.start()]: False for match in _WEAK.finditer(said)}
    found |= {origin[match.start()]: True for match in _STRONG.finditer(said)}
    cuts: list[tuple[int, bool]] = []
    for place in sorted(found):
        last = cuts[-1][0] if cuts else 0
        if place - last >= _LEAST and len(folded) - place >= _LEAST:
            cuts.append((place, found[place]))
        elif cuts and found[place]:
            cuts[-1] = (last, True)
    return cuts
