"""Every channel variable that the dialplan and the AGI scripts share, and every AGI script's name.

AGI decides, the dialplan acts. A test holds asterisk_conf/ against this file, both ways.
"""

from __future__ import annotations

# Set by the dialplan, read by the AGI scripts.
FROM_DESK = "MS_FROM_DESK"
"""The desk that passed the caller on: its endpoint's name."""
WAY_IN = "MS_WAY_IN"
"""key, refer, redirect, attended, conference or direct (cases.states.WayIn)."""
TRANSFERRED_AT = "MS_TRANSFERRED_AT"
"""When the desk passed the caller on: seconds since 1970, with a fraction."""
CITIZEN = "MS_CITIZEN"
"""The citizen's number as the trunk gave it; inherited by the desk's channel."""
ENTRY = "MS_ENTRY"
"""start, no_agent or no_desk: where the conversation is entered (ivr.steps.Entered)."""
AGENT = "MS_AGENT"
"""The agent who took the caller from the queue."""
DESK_ANSWERED = "MS_DESK_ANSWERED"
"""The desk that took the caller back."""
DESK_STATUS = "MS_DESK_STATUS"
"""How the way back to 110 ended: ANSWER, NOANSWER, BUSY or CHANUNAVAIL."""

# Set by the AGI scripts, read by the dialplan.
CALL_ID = "MS_CALL_ID"
"""The call row; stays on the channel so that a resumed conversation goes on with the same row."""
NEXT = "MS_NEXT"
"""agent, desk or hangup: what the dialplan does when the AGI script has left."""
NOTE = "MS_NOTE"
"""One short line for the desk's telephone (digits, letters and Chinese; no sentence of the caller)."""
CASE_NUMBER = "MS_CASE_NUMBER"
"""The case of this call, when there is one."""

# The AGI scripts, as in agi://host:port/NAME
HOTLINE_CALL = "hotline_call"
AGENT_CONNECTED = "agent_connected"
DESK_CALL = "desk_call"
CALL_ENDED = "call_ended"

FROM_DIALPLAN = frozenset(
    {FROM_DESK, WAY_IN, TRANSFERRED_AT, CITIZEN, ENTRY, AGENT, DESK_ANSWERED, DESK_STATUS}
)
FROM_AGI = frozenset({CALL_ID, NEXT, NOTE, CASE_NUMBER})
SCRIPTS = frozenset({HOTLINE_CALL, AGENT_CONNECTED, DESK_CALL, CALL_ENDED})
