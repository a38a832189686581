"""A scripted SIP telephone: it registers, dials, answers, hears, presses, speaks and hangs up.

It plays the citizen, the police desk and the agent: in the journeys under tests/, in `minsheng110 call`, and
in the benchmark (docs/decisions/0007-the-scripted-phone.md).
"""
