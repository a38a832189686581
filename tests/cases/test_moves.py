"""The table of moves: whole, unambiguous, and what is not in it is refused by name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.conditions import CONDITIONS
from cases.errors import MoveRefused
from cases.queries import FAMILIES
from cases.states import RULES, CaseState, Move, Role, Transition, allowed, move

ISSUE_MOVES = [
    "dispatch",
    "sign",
    "return",
    "rule",
    "ask-extension",
    "grant-extension",
    "refuse-extension",
    "add-unit",
    "note",
    "report",
    "complete",
    "call-back",
    "redo",
    "suspend",
    "resume",
    "reopen",
    "merge",
    "unmerge",
    "to-110",
    "archive",
]
MAIN_LINE = (
    ("accept", Role.SYSTEM, CaseState.ACCEPTED),
    ("sort", Role.SYSTEM, CaseState.SORTED),
    ("dispatch", Role.DISPATCHER, CaseState.DISPATCHED),
    ("sign", Role.UNIT, CaseState.SIGNED),
    ("note", Role.UNIT, CaseState.IN_PROGRESS),
    ("report", Role.UNIT, CaseState.REPORTED),
    ("call-back", Role.VISITOR, CaseState.CALLING_BACK),
    ("complete", Role.VISITOR, CaseState.COMPLETED),
    ("archive", Role.SYSTEM, CaseState.ARCHIVED),
)
states = st.sampled_from([None, *CaseState])
moves = st.sampled_from(list(Move))
roles = st.sampled_from(list(Role))


def test_a_case_goes_from_acceptance_to_the_archive() -> None:
    state: CaseState | None = None
    for name, role, leads_to in MAIN_LINE:
        state = move(state, name, role).to_state
        assert state == leads_to


def test_every_move_of_the_command_line_is_in_the_table() -> None:
    assert set(ISSUE_MOVES) <= {rule.move.value for rule in RULES}
    assert {rule.move for rule in RULES} == set(Move)


def test_rule_ids_are_unique_and_in_order() -> None:
    assert [rule.id for rule in RULES] == [f"M{place:02}" for place in range(1, len(RULES) + 1)]


@given(states, moves, roles)
def test_no_two_rows_answer_the_same_question(state: CaseState | None, what: Move, role: Role) -> None:
    rows = [
        rule
        for rule in RULES
        if rule.move == what and role in rule.roles and (state in rule.sources if state else not rule.sources)
    ]
    assert len(rows) <= 1


@given(states, moves, roles)
def test_what_is_allowed_can_be_done_and_nothing_else(
    state: CaseState | None, what: Move, role: Role
) -> None:
    may = [each for each in allowed(state, role) if each.move == what]
    if not may:
        with pytest.raises(MoveRefused, match=r"M\d\d: "):
            move(state, what, role)
        return
    assert move(state, what, role) == may[0]
    for each in may:
        assert move(state, what, role, each.to_state) == each


@given(st.lists(st.tuples(moves, roles), max_size=60))
def test_a_random_walk_never_leaves_the_table(walk: list[tuple[Move, Role]]) -> None:
    state: CaseState | None = None
    for what, role in walk:
        try:
            made = move(state, what, role)
        except MoveRefused:
            continue
        assert isinstance(made, Transition)
        assert made.from_state == state
        state = made.to_state
    assert state is None or state in CaseState


def test_every_state_can_be_reached_and_every_state_but_the_archive_can_be_left() -> None:
    reached = {target for rule in RULES for target in rule.targets}
    assert reached == set(CaseState)
    for state in CaseState:
        assert any(state in rule.sources and rule.targets and rule.targets[0] != state for rule in RULES)


def test_the_wrong_role_is_told_which_rule_forbids_it() -> None:
    with pytest.raises(MoveRefused) as refused:
        move(CaseState.DISPATCHED, "sign", Role.AGENT)
    assert refused.value.rule == "M04"
    assert "agent" in refused.value.why


def test_the_wrong_state_is_told_which_rule_forbids_it() -> None:
    with pytest.raises(MoveRefused) as refused:
        move(CaseState.MERGED, "dispatch", Role.DISPATCHER)
    assert refused.value.rule == "M03"
    assert "merged" in refused.value.why


def test_an_unknown_move_is_refused() -> None:
    with pytest.raises(MoveRefused, match="M00"):
        move(CaseState.SORTED, "vanish", Role.DISPATCHER)


def test_a_ruling_on_a_return_sends_the_case_back_or_to_another_unit() -> None:
    assert move(CaseState.RETURNED, "rule", Role.DISPATCHER).to_state == CaseState.SORTED
    again = move(CaseState.RETURNED, "rule", Role.DISPATCHER, CaseState.DISPATCHED)
    assert again.to_state == CaseState.DISPATCHED
    with pytest.raises(MoveRefused, match="M06"):
        move(CaseState.RETURNED, "rule", Role.DISPATCHER, CaseState.ARCHIVED)


def test_every_state_is_in_exactly_one_family() -> None:
    listed = [state for family in FAMILIES.values() for state in family]
    assert sorted(listed) == sorted(CaseState)


def test_the_documented_table_is_the_table() -> None:
    document = (Path(__file__).parents[2] / "docs" / "case-life.md").read_text("utf-8")
    documented = re.findall(r"^\| (M\d\d) \|.*$", document, re.MULTILINE)
    assert documented == [rule.id for rule in RULES]
    for rule in RULES:
        sources = ", ".join(rule.sources) if len(rule.sources) < len(CaseState) else "any"
        row = f"| {rule.id} | {rule.move} | {rule.chinese} | {sources or '–'} | " + (
            f"{' or '.join(rule.targets) or 'stays'} | {', '.join(rule.roles)} |"
        )
        assert row in document, row


def test_the_documented_conditions_are_the_conditions() -> None:
    document = (Path(__file__).parents[2] / "docs" / "case-life.md").read_text("utf-8")
    documented = dict(re.findall(r"^\| (M\d\d\.\d) \| ([^|]*) \|$", document, re.MULTILINE))
    assert documented == dict(CONDITIONS)


def test_every_condition_belongs_to_a_rule() -> None:
    ids = {rule.id for rule in RULES} | {"M00"}
    assert all(condition.split(".")[0] in ids for condition in CONDITIONS)
