"""The caller's words while the caller speaks, on the real Asterisk; and when nobody can listen."""

from __future__ import annotations

import pytest
from town import COMPLAINT, SHORT, wait_for

from hotline.listening.client import ListenerClient
from hotline.temporary import temporary_system

DANGER = "我家煤气泄漏,煤气泄漏了。"


def listener(town):
    return ListenerClient(town.settings.listener_socket)


def at_the_message(town, citizen):
    """A caller who hears the beep of the message."""
    return town.dials_the_hotline(citizen).hears("greeting").presses("#").hears_the_beep()


def live_words(town, citizen):
    with town.wiring.reading() as unit:
        from cases.queries import calls_in_progress

        calls = calls_in_progress(unit.session)
    mine = next((call for call in calls if call["caller"] == citizen.user), None)
    said = (mine or {}).get("live") or {}
    return "".join(each["text"] for each in said.get("said", ()))


def nobody_is_heard(town):
    wait_for("every slot to be free", lambda: listener(town).status().get("busy") == 0)


def test_words_are_on_the_screen_while_the_caller_speaks(town):
    citizen = town.citizen()
    call = at_the_message(town, citizen)
    call.says(town.voice.says(COMPLAINT), wait=False)
    wait_for("the first words", lambda: "昭阳" in live_words(town, citizen))
    assert town.call_row(citizen)["ended"] is None
    call.hangs_up()
    nobody_is_heard(town)


def test_the_case_has_its_words_before_the_caller_has_hung_up(town):
    citizen = town.citizen()
    call = at_the_message(town, citizen).says(town.voice.says(COMPLAINT)).presses("#")
    call.hears("your_number", within=20)
    case = town.case_of(citizen)
    assert "下水道" in case["text"]
    assert case["transcript"]["state"] == "done"
    assert case["transcript"]["tries"] == 0  # no worker did it again
    assert case["transcript"]["ready_after_last_word_ms"] is not None
    assert town.call_row(citizen)["ended"] is None
    call.hangs_up()
    wait_for("the sorting", lambda: town.case_of(citizen)["state"] == "sorted")
    nobody_is_heard(town)


def test_a_caller_who_hangs_up_in_mid_message_leaves_the_words_said_so_far(town):
    citizen = town.citizen()
    call = at_the_message(town, citizen)
    call.says(town.voice.says(COMPLAINT), wait=False)
    wait_for("enough to be a request", lambda: "下水道" in live_words(town, citizen))
    call.hangs_up()
    town.ended_call(citizen)
    assert "昭阳" in wait_for("the words", lambda: town.case_of(citizen)["text"])
    nobody_is_heard(town)


def test_without_a_free_slot_the_message_is_written_down_by_a_job(town):
    slots = listener(town).status()["slots"]
    taken = [f"taken-{number}" for number in range(slots)]
    for name in taken:
        assert listener(town).begin(name, "nobody", {"citizen": "Local/nobody"})
    try:
        citizen = town.citizen()
        call = at_the_message(town, citizen).says(town.voice.says(COMPLAINT)).presses("#")
        call.hears("your_number").hangs_up()
        case = wait_for("the job", lambda: (found := town.case_of(citizen)) and found["text"] and found, 20)
    finally:
        for name in taken:
            listener(town).end(name, 0.0)
    assert "下水道" in case["text"]
    assert case["transcript"]["tries"] == 1
    nobody_is_heard(town)


def test_a_listener_killed_in_mid_message_costs_the_caller_nothing(town):
    citizen = town.citizen()
    call = at_the_message(town, citizen)
    call.says(town.voice.says(COMPLAINT), wait=False)
    wait_for("the first words", lambda: "昭阳" in live_words(town, citizen))
    town.supervisor.kill("listener", hold=True)
    try:
        call.is_silent_for(3.0)
        call.hears("your_number", within=15).hangs_up()
        case = wait_for("the job", lambda: (found := town.case_of(citizen)) and found["text"] and found, 20)
    finally:
        town.supervisor.restart("listener")
    assert "下水道" in case["text"]
    assert case["transcript"]["tries"] == 1
    citizen = town.citizen()
    wait_for("Asterisk to know the listener again", lambda: listener(town).status().get("ready"))
    call = at_the_message(town, citizen).says(town.voice.says(COMPLAINT)).presses("#")
    call.hears("your_number", within=20).hangs_up()
    assert town.case_of(citizen)["transcript"]["tries"] == 0


def test_danger_in_the_speech_offers_the_way_back_and_takes_it_when_nobody_answers(town):
    citizen, desk = town.citizen(), town.desk(1)
    call = at_the_message(town, citizen)
    call.says(town.voice.says(DANGER), wait=False)
    call.hears("danger_offer", within=20).hears("to_desk", within=20)
    at_desk = desk.answers()
    assert at_desk.caller_number == citizen.user
    at_desk.hangs_up()
    call.hangs_up()
    case = town.case_of(citizen)
    assert (case["danger"], case["priority"]) == (True, "emergency")
    note = town.desk_note_of(citizen)
    assert note.reason == "danger"
    assert "煤气" in note.heard


def test_who_says_that_there_is_no_danger_goes_on(town):
    citizen = town.citizen()
    call = at_the_message(town, citizen)
    call.says(town.voice.says(DANGER), wait=False)
    call.hears("danger_offer", within=20).presses("1").hears("your_number").hangs_up()
    assert town.case_of(citizen)["danger"]


def test_a_talk_with_an_agent_is_written_down_while_they_talk(town):
    citizen, agent = town.citizen(), town.agent(1)
    call = town.dials_the_hotline(citizen).hears("greeting").presses("0")
    at_agent = agent.answers()
    call.hears_anything()
    call.says(town.voice.says(COMPLAINT), wait=False)
    wait_for("the citizen's words", lambda: "下水道" in live_words(town, citizen), 15)
    at_agent.says(town.voice.says("你好,请派人来。"))
    call.hangs_up()
    at_agent.is_over()
    case = wait_for("the talk", lambda: (found := town.case_of(citizen)) and found["text"] and found, 20)
    assert "市民:" in case["text"]
    assert {word["who"] for word in case["transcript"]["words"]} == {"citizen", "agent"}
    assert case["transcript"]["tries"] == 0
    nobody_is_heard(town)


@pytest.fixture
def system_with_a_broken_model(tmp_path):
    (tmp_path / "am").mkdir()
    with temporary_system(**SHORT, model_dir=tmp_path) as supervisor:
        yield supervisor


def test_without_a_whole_model_the_embedded_one_serves(system_with_a_broken_model, make_town):
    town = make_town(system_with_a_broken_model)
    citizen = town.citizen()
    call = at_the_message(town, citizen).says(town.voice.says(COMPLAINT)).presses("#")
    call.hears("your_number", within=20).hangs_up()
    assert "下水道" in town.case_of(citizen)["text"]
    assert listener(town).status()["model"] == "embedded"


# ---------------------------------------------------------------- what was understood, read back


def is_read_back(town, citizen, words):
    """A caller who has spoken and hears what we understood."""
    call = at_the_message(town, citizen).says(town.voice.says(words)).presses("#")
    return call.hears("you_said", "place_is", "read_back_keys", within=20)


def test_what_was_understood_is_read_back_and_accepted_by_1(town):
    citizen = town.citizen()
    call = is_read_back(town, citizen, COMPLAINT).presses("1").hears("your_number")
    call.hangs_up()
    case = wait_for("the sorting", lambda: (found := town.case_of(citizen))["matter"] and found)
    assert case["place"]["township"] == "昭阳街道"


def test_a_caller_who_was_misunderstood_says_it_again_and_those_words_are_the_case(town):
    citizen = town.citizen()
    call = is_read_back(town, citizen, COMPLAINT).presses("3").hears("say_again").hears_the_beep()
    call.says(town.voice.says("五四路的路灯坏了。")).presses("#")
    call.hears("your_number", within=20).hangs_up()
    case = wait_for("the sorting", lambda: (found := town.case_of(citizen))["state"] == "sorted" and found)
    assert "路灯" in case["text"]
    assert "下水道" not in case["text"]
    assert "reword" in [event["move"] for event in case["events"]]
    assert len(town.cases_of(citizen)) == 1


def test_a_caller_who_hangs_up_in_the_read_back_leaves_a_case(town):
    citizen = town.citizen()
    is_read_back(town, citizen, COMPLAINT).hangs_up()
    assert "下水道" in town.case_of(citizen)["text"]
