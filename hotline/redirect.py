"""Pass on the caller whom a desk is talking to: the third way beside the desk's key and its transfer key."""

from __future__ import annotations

from dataclasses import dataclass

from hotline.ami import Ami, AmiError, Packet, connect
from hotline.settings import Settings

CONTEXT = "redirected"
"""Of the dialplan; its extensions are the desks' names (asterisk_conf: dialplan_ways_in.conf)."""
_TALKING = "6"
"""Asterisk's number for a channel that is up."""


class NothingToPassOn(Exception):
    """This desk talks to no citizen, or there is no such desk; one line says which."""


@dataclass(frozen=True)
class Redirected:
    desk: str
    channel: str
    """The citizen's."""
    linked_id: str


def redirect(settings: Settings, desk: str) -> Redirected:
    """Send the citizen whom `desk` talks to into 民生110; the desk is free at once.

    Raises NothingToPassOn or AmiError.
    """
    if desk not in settings.desks:
        raise NothingToPassOn(f"there is no desk {desk!r} (setting desks: {', '.join(settings.desks)})")
    with connect(settings) as ami:
        citizen = _citizen_of(ami, settings, desk)
        try:
            ami.ask("Redirect", Channel=citizen["Channel"], Context=CONTEXT, Exten=desk, Priority="1")
        except AmiError as error:
            raise NothingToPassOn(f"{desk}: the caller hung up in this moment") from error
    return Redirected(desk, citizen["Channel"], citizen.get("Linkedid", ""))


def _citizen_of(ami: Ami, settings: Settings, desk: str) -> Packet:
    """The one who came over the trunk and is in a talk with this desk; not an agent it is asking."""
    talking = [each for each in ami.listed("CoreShowChannels") if each.get("ChannelState") == _TALKING]
    rooms = {each["BridgeId"] for each in talking if _is_of(each, desk) and each.get("BridgeId")}
    for each in talking:
        if each.get("BridgeId") in rooms and _is_of(each, settings.trunk_username):
            return each
    raise NothingToPassOn(f"{desk} is not talking to a caller")


def _is_of(packet: Packet, telephone: str) -> bool:
    # PJSIP/NAME-00000001; a name may hold dashes.
    return packet.get("Channel", "").rpartition("-")[0] == f"PJSIP/{telephone}"
