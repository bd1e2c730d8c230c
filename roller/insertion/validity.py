"""Where the mechanical model leaves the ground that was measured: a line for each quantity outside its range."""

from __future__ import annotations

from collections.abc import Iterator

from ...data.constants import validity


def outside_validity(subject: str, **values: float) -> Iterator[str]:
    """Yield a warning for each value outside the range that measurements cover.

    Parameters
    ----------
    subject : str — what the values belong to, for example a device's name [-]
    values : float — by the names of `data/validity.csv`, unit in the name [as the name says]

    """
    for name, value in values.items():
        known = validity()[name]
        if not known.low <= value <= known.high:
            ground = f"{known.low:g} to {known.high:g} {known.unit} ({known.source}, {known.status})"
            yield f"{subject}: {name} = {value:.3g} is outside the measured range, {ground}: {known.outside}"
