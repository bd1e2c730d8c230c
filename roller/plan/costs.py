"""What a plan pays for people who differ, and for what nobody knows: passes and shares with each left out in turn.

In: shares served after each pass. Out: a record, its figures and its words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...geometry.arrays import Array
from ..treatment.digits import passes_words


@dataclass(frozen=True)
class Costs:
    """What it costs that people differ, and what, that nobody knows which member is right: each left out in turn.

    Parameters
    ----------
    certainty_people_alone, certainty_members_alone : float — served if only people, or only members differed [-]
    passes_people_alone, passes_members_alone : int or None — fewest passes that would do then; None: those don't [-]

    """

    certainty_people_alone: float
    certainty_members_alone: float
    passes_people_alone: int | None
    passes_members_alone: int | None

    @classmethod
    def of(cls, people: Array, members: Array, certainty: float) -> Costs:
        """Return the costs from shares served after each pass.

        Parameters
        ----------
        people, members : (K,) float — share served where only these differ, after each pass [-]
        certainty : float — share to be served [-]

        """

        def fewest(share: Array) -> int | None:
            enough = np.flatnonzero(share >= certainty - 1e-9)
            return int(enough[0]) + 1 if enough.size else None

        return cls(float(people[-1]), float(members[-1]), fewest(people), fewest(members))

    @property
    def more(self) -> str:
        """Which of the two costs more: 'people', 'models', or 'equal' [-]."""
        # Whoever needs more passes if left alone costs more; then whoever is served less often.
        needs = [np.inf if found is None else found for found in (self.passes_people_alone, self.passes_members_alone)]
        missed = [-self.certainty_people_alone, -self.certainty_members_alone]
        people, models = zip(needs, missed, strict=True)
        return "equal" if people == models else ("people" if people > models else "models")

    def figures(self) -> dict[str, Any]:
        """Return them by names for files."""
        return {
            "certainty_people_alone": self.certainty_people_alone,
            "certainty_models_alone": self.certainty_members_alone,
            "passes_people_alone": self.passes_people_alone,
            "passes_models_alone": self.passes_members_alone,
            "costs_more": self.more,
        }

    def words(self, name: str, passes: int) -> str:
        """Return what both cost, in one line.

        Parameters
        ----------
        name : str — of the device [-]
        passes : int — of the choice [-]

        """
        what = "what nobody has measured"

        def alone(passes: int | None, share: float) -> str:
            found = f"{100 * share:.0f} % served"
            return f"not even these would do ({found})" if passes is None else f"{passes} would do ({found} with these)"

        people = alone(self.passes_people_alone, self.certainty_people_alone)
        models = alone(self.passes_members_alone, self.certainty_members_alone)
        more = {"people": "people cost more", "models": f"{what} costs more", "equal": "both cost the same"}[self.more]
        return f"{name}, {passes_words(passes)}: if only people differed {people}, if only {what} {models}: {more}"
