"""Serum in a user's words: strength times volume over area, whatever the order and the unit."""

import pytest
from dermaroll.data.checks import InputError
from dermaroll.roller.transport.serum import serum_dose
from hypothesis import given
from hypothesis import strategies as st

TEXTS = ["15% 0.5ml", "0.5 ml 15 %", "15%, 0.5 ML", "15 % 500ul", "500 µl 15%", "15% 0.5g", "15% 0,5ml", "15% .5ml"]


@pytest.mark.parametrize("text", TEXTS)
def test_the_dose_is_strength_times_volume_over_area(text):
    dose, film = serum_dose(text, 1000.0, "vitamin c")
    assert dose == pytest.approx(0.15 * 0.5e6 / 10)  # ug/cm2: 75 mg on 10 cm2
    assert film == pytest.approx(500)  # um: 0.5 cm3 on 10 cm2


@given(strength=st.floats(0.01, 100), amount=st.floats(0.01, 5), area=st.floats(100, 1e5))
def test_the_film_holds_the_dose_at_the_strength_given(strength, amount, area):
    dose, film = serum_dose(f"{strength:.4f}% {amount:.4f}ml", area)
    assert dose / (film / 1e4) == pytest.approx(strength / 100 * 1e6, rel=1e-3 / min(strength, amount))


@pytest.mark.parametrize(
    ("text", "area", "named"),
    [
        ("150% 1ml", 400.0, "at most 100 %"),
        ("0% 1ml", 400.0, "above 0"),
        ("-5% 1ml", 400.0, "above 0"),
        ("15% 0ml", 400.0, "amount above 0"),
        ("15% 0.5ml", None, "area"),
        ("15% 0.5ml", 0.0, "area_mm2"),
        ("15% 0.5ml", float("nan"), "area_mm2"),
        ("15%", 400.0, "strength and amount"),
        ("0.5ml", 400.0, "strength and amount"),
        ("15% 3 drops", 400.0, "ml, ul or g"),
        ("15% 1ml 2ml", 400.0, "strength and amount"),
        ("1e3% 1ml", 400.0, "strength and amount"),
        ("nan% 1ml", 400.0, "strength and amount"),
        ("", 400.0, "strength and amount"),
        ("15% 1000ml", 400.0, "um"),
        ("15% 0.001ul", 1e5, "um"),
    ],
)
def test_what_can_not_be_used_is_one_line(text, area, named):
    with pytest.raises(InputError, match=named) as error:
        serum_dose(text, area, "ascorbic-acid")
    assert "\n" not in str(error.value)


def test_an_unknown_active_is_told_by_common_name():
    with pytest.raises(InputError, match=r"hyaluronic-acid-1500k \(hyaluronic acid\)"):
        serum_dose("1% 1ml", 400.0, "hyaluronc acid")
