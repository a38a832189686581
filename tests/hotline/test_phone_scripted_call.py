"""What a scripted call is ordered to do, and how it is told."""

import pytest

from hotline.cli.call import lines
from hotline.phone.scripted_call import Order, Story


@pytest.mark.parametrize(
    ("order", "at_the_greeting", "after_the_speech"),
    [
        (Order(say="堵了"), [], []),
        (Order(say="堵了", keys="#"), [], ["#"]),
        (Order(say="堵了", keys="#,1"), [], ["#", "1"]),
        (Order(say="堵了", keys="0"), ["0"], []),
        (Order(say="堵了", keys="9"), ["9"], []),
        (Order(keys="7"), ["7"], []),
        (Order(keys="2,123456#"), ["2", "123456#"], []),
        (Order(), [], []),
    ],
)
def test_keys_are_pressed_where_they_mean_something(order, at_the_greeting, after_the_speech):
    assert order.at_the_greeting() == at_the_greeting
    assert order.after_the_speech() == after_the_speech
    assert order.begins_with_speech() == (bool(order.say) and not at_the_greeting)


def test_a_story_is_told_in_the_order_of_its_moments():
    story = Story(began=100.0)
    story.tell("citizen", "hung up", at=109.5)
    story.tell("citizen", "heard", "greeting", at=101.234)
    assert story.in_order() == [
        {"at": 1.23, "who": "citizen", "what": "heard", "detail": "greeting"},
        {"at": 9.5, "who": "citizen", "what": "hung up", "detail": ""},
    ]


def test_people_read_one_line_a_step():
    steps = [{"at": 0.0, "who": "citizen", "what": "dialled", "detail": "110"}]
    told = lines({"case": None, "outcome": "hung_up", "steps": steps, "seconds": 3.5})
    assert told.splitlines()[0].split() == ["0.00", "s", "citizen", "dialled", "110"]
    assert told.splitlines()[-1] == "case none, outcome hung_up, 3.5 s"
