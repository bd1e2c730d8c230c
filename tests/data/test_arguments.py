"""What an argument may be is what the docstring says: types, and how many dimensions an array has."""

import re

import numpy as np
import pytest
from dermaroll.data.arguments import fits, most_dimensions
from dermaroll.data.checks import InputError
from dermaroll.roller import healing_course


@pytest.mark.parametrize(
    ("kind", "most"),
    [
        ("(S,) float array", 1),
        ("(n, 2) float array", 2),
        ("(5,) or (S, 5) float array", 2),
        ("(n,) float array or None", 1),
        ("(T - 1,) or (T - 1, M) float", 2),
        ("(..., 3) float array", np.inf),
        ("(float, float) or None", np.inf),
        ("array of numbers", np.inf),
    ],
)
def test_a_shape_in_words_says_how_many_dimensions(kind, most):
    assert most_dimensions(kind) == most


def test_an_array_of_too_many_dimensions_does_not_fit():
    assert fits([1.0, 2.0], "(n,) float array")
    assert fits(1.0, "(n,) float array")
    assert fits(None, "(n,) float array or None")
    assert not fits(np.zeros((2, 2)), "(n,) float array")
    assert not fits([[1.0], [2.0, 3.0]], "(n, m) float array")


@pytest.mark.parametrize("deep", [np.zeros((1, 1, 1)), np.zeros((2, 2))], ids=str)
def test_a_course_of_days_in_tables_is_refused_by_name(deep):
    with pytest.raises(InputError, match=re.escape("session_days = array([[")):
        healing_course([0.0, 0.01, 0.01, 0.002, 0.0], deep, [0.0, 10.0])
