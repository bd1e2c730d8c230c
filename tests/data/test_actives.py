"""Actives are found under the names people type, and a wrong one is told what comes close."""

import pytest
from dermaroll.data.catalog import active, active_names, actives
from dermaroll.data.checks import InputError


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("vitamin c", "ascorbic-acid"),
        ("Vitamin-C", "ascorbic-acid"),
        ("l ascorbic acid", "ascorbic-acid"),
        ("Hyaluronic Acid", "hyaluronic-acid-1500k"),
        ("hyaluronic_acid_50k", "hyaluronic-acid-50k"),
        ("retinol", "retinol"),
        ("vitamin b3", "niacinamide"),
        ("ascorbic-acid", "ascorbic-acid"),
    ],
)
def test_common_names_find_the_active(typed, found):
    assert active(typed).name == found


def test_every_name_leads_to_one_active_and_no_alias_hides_a_name():
    names = active_names()
    assert set(names.values()) == set(actives())
    for name in actives():
        assert names[name.replace("-", " ")] == name
    aliases = [alias for row in actives().values() for alias in row.aliases.split(";") if alias]
    assert len(aliases) == len(set(aliases))
    assert all(alias == alias.lower().strip() and "-" not in alias for alias in aliases)


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("vitamn c", r"ascorbic-acid \(vitamin c\)"),
        ("niacinamid", "niacinamide"),
        ("hyaluronc acid", r"hyaluronic-acid-1500k \(hyaluronic acid\)"),
        ("lignocain", r"lidocaine \(lignocaine\)"),
        ("qqqq", "known: amantadine"),
    ],
)
def test_an_unknown_name_gets_the_closest_by_name_and_by_common_name(typed, named):
    with pytest.raises(InputError, match=named) as error:
        active(typed)
    assert "\n" not in str(error.value)
