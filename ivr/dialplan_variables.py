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
LINKED_ID = "MS_LINKED_ID"
"""The linkedid of the citizen's call; the agent's channel, where scripts run too, may have another one."""
CITIZEN_CHANNEL = "MS_CITIZEN_CHANNEL"
"""The citizen's channel, for scripts that run on the agent's or the desk's."""
TALK = "MS_TALK"
"""Where the talk with an agent is being recorded: relative to the recordings, without `.wav`; its last part
is the recording's id."""
SURVEY = "MS_SURVEY"
"""Which survey this call is about: its row's id."""
SURVEY_STATUS = "MS_SURVEY_STATUS"
"""Why a citizen whom we rang did not answer: Asterisk's number for it. Empty when the receiver was lifted."""

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
"""On the citizen's channel: the conversation. MS_ENTRY says where it is entered."""
AGENT_CONNECTED = "agent_connected"
"""On the agent's channel, before the two talk. Reads MS_AGENT, MS_TALK (a recording that has begun) and
MS_CALL_ID. An empty MS_CALL_ID means that a desk asked the agent (MS_WAY_IN attended or conference,
MS_FROM_DESK, MS_TRANSFERRED_AT, MS_CITIZEN, MS_CITIZEN_CHANNEL, MS_LINKED_ID): the script writes the call's
row and sets MS_CALL_ID."""
AGENT_LEFT = "agent_left"
"""On the agent's channel, which has hung up: the recording MS_TALK has ended. A call that came in by attended
or conference has ended with it; every other call goes on and ends by call_ended."""
DESK_CALL = "desk_call"
"""The way back to 110: on the desk's channel when it answers (MS_DESK_ANSWERED, MS_DESK_STATUS=ANSWER), on
the citizen's when no desk did (MS_DESK_STATUS says why). MS_CALL_ID is set on both."""
CALL_ENDED = "call_ended"
"""On the citizen's channel: it has hung up, or goes into a new call (passed on by a desk once more). Only
when MS_CALL_ID is set; the conversation may have told the end already."""
SURVEY_CALL = "survey_call"
"""On the channel of a citizen whom we rang, or on one that stands for the call that was not answered:
MS_SURVEY, and MS_SURVEY_STATUS in the latter case."""

FROM_DIALPLAN = frozenset(
    {
        FROM_DESK,
        WAY_IN,
        TRANSFERRED_AT,
        CITIZEN,
        ENTRY,
        AGENT,
        DESK_ANSWERED,
        DESK_STATUS,
        LINKED_ID,
        CITIZEN_CHANNEL,
        TALK,
        SURVEY,
        SURVEY_STATUS,
    }
)
FROM_AGI = frozenset({CALL_ID, NEXT, NOTE, CASE_NUMBER})
SCRIPTS = frozenset({HOTLINE_CALL, AGENT_CONNECTED, AGENT_LEFT, DESK_CALL, CALL_ENDED, SURVEY_CALL})
