"""A programme over one zone of a body: its sessions are what `treat` says of that zone."""

import pytest
from dermaroll.data.checks import InputError
from dermaroll.geometry.surface.simple import cylinder
from dermaroll.roller import Technique
from dermaroll.roller.programme.plans import plain_series
from dermaroll.roller.programme.sessions import run_programme
from dermaroll.roller.zones.treating import treat

HOW = Technique(passes=2, pattern="cross", load_n=2)


@pytest.mark.parametrize("name", ["mf-8", "exceed", "generic-stamp-1mm"])
def test_sessions_are_those_of_the_zone_and_its_site(name):
    body = cylinder(40, 24, span_deg=40, margin_mm=25, edge_mm=3.0)
    done = run_programme(name, None, plain_series(3, 28), HOW, surface=body, active="ascorbic-acid")
    once = treat(name, None, HOW, surface=body, aftermath=True, active="ascorbic-acid")
    (zone,) = once.treatments
    assert [session.day for session in done.sessions] == [0, 28, 56]
    for session in done.sessions:
        assert session.treatment.zone == "cylinder"
        assert session.treatment.site == zone.site
        for key, value in zone.values.items():
            assert session.treatment.values[key] == pytest.approx(value, nan_ok=True), key
    assert set(once.alerts) <= {*done.warnings, *done.alerts}


@pytest.mark.parametrize(
    ("given", "says"),
    [({"zone": "nose"}, "zone.*no surface"), ({}, "site"), ({"surface": "face"}, "zone.*one zone of face")],
)
def test_a_place_that_is_none_is_one_line(given, says):
    with pytest.raises(InputError, match=says):
        run_programme("mf-8", None, plain_series(2, 28), HOW, **given)
