"""Maps of a body as they are shown: words and units of the tables, scales from none to round numbers."""

import numpy as np
import pytest
from dermaroll.data.checks import InputError
from dermaroll.geometry.surface.simple import plane
from dermaroll.roller import Technique
from dermaroll.roller.treatment.quantities import QUANTITIES
from dermaroll.roller.zones.maps import UNITS
from dermaroll.roller.zones.treating import treat
from dermaroll.viz.maps import MAPPED, mapped, round_above
from dermaroll.viz.palette import CHANNEL_SCALE_UM
from hypothesis import given
from hypothesis import strategies as st


@given(st.floats(1e-6, 1e6))
def test_a_scale_ends_at_a_round_number_close_above(value):
    end = round_above(value)
    assert value * (1 - 1e-8) <= end <= 1.6 * value
    assert len(f"{end:.6e}".split("e")[0].rstrip("0").rstrip(".")) <= 3


def test_every_map_is_shown_and_words_are_those_of_the_tables():
    assert list(MAPPED) == list(UNITS)
    for key, told in MAPPED.items():
        assert told.words
        if key in QUANTITIES:
            assert (told.words, told.unit) == (QUANTITIES[key].head, QUANTITIES[key].pretty_unit)
    with pytest.raises(InputError, match="density_per_cm2"):
        mapped("beauty")


def test_numbers_are_printed_as_elsewhere_and_share_one_scale():
    body = plane(16, 16, margin_mm=20)
    one, two = (
        treat("mf-8", technique=Technique(passes=passes), surface=body, figures=["density_per_cm2"])
        for passes in (1, 8)
    )
    for key, told in MAPPED.items():
        stored = one.maps.named()[key]
        np.testing.assert_array_equal(told.values(one), told.scale * stored)
        low, high = told.ends([one, two])
        assert told.ends([two, one]) == (low, high)
        assert low <= 0 < high
    assert mapped("peak_depth_um").ends([one]) == CHANNEL_SCALE_UM
    assert mapped("surface_coverage").scale == 100
    few, many = (mapped("density_per_cm2").ends([what])[1] for what in (one, two))
    assert few < many == mapped("density_per_cm2").ends([one, two])[1]
