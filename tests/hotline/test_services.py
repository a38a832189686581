"""How the parts of a system are started."""

from hotline.services import all_services


def test_whoever_writes_down_recordings_leaves_the_processor_to_live_calls(settings):
    argv = {service.name: service.argv for service in all_services(settings)}
    assert argv["worker"][:3] == argv["sweep"][:3] == ("nice", "-n", "10")
    assert argv["fastagi"][0] != "nice"
    assert argv["asterisk"][0] != "nice"
