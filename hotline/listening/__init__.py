"""Hearing callers while they speak, in a process beside the calls (docs/decisions/0017-live-words.md).

`server.py` is the process, `client.py` what the telephone's door asks it, `session.py` one call that is being
heard, `tap.py` how Asterisk is asked for the audio.
"""
