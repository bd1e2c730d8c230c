"""Numbers as text."""

from dermaroll.roller.treatment.digits import figure, passes_words


def test_less_than_anybody_could_tell_is_told_as_that():
    assert figure(9e-5, floor=1.0) == "below 1"
    assert figure(0.0, floor=1.0) == "0"
    assert figure(1.0, floor=1.0) == "1"


def test_passes_are_counted_in_words():
    assert [passes_words(count) for count in (1, 2, "1 to 4")] == ["1 pass", "2 passes", "1 to 4 passes"]
