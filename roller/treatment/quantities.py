"""The one table of what can be known about a treatment, and how each figure is worked out from a replicate.

Files, text tables, the page, labels of charts, outputs of studies, goals of plans and docs/quantities.md iterate it;
no other file writes a label, a unit or a standing again. In: a replicate (`Made`). Out: one array a quantity.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from math import prod

import numpy as np
from shapely.geometry import Polygon

from ...data.catalog import DeviceSpec
from ...data.constants import after, healing
from ...data.thickness import LAYERS
from ...geometry.arrays import Array, floats
from ...geometry.skin import interfaces_um
from ..after.healing import FLOORS, HealingCourse
from ..after.vessels import BLEEDING
from ..coverage.cost import SECONDS_PER_DELIVERY, SECONDS_PER_HEALING, Cost, expected_cost
from ..coverage.motions import FACE_MM2
from ..technique import Technique
from .quantity import HITS, STATISTICS, Dimension, Quantity
from .replicate import CLOSURE_HOURS, DELIVERY_HOURS, Made

SIX_MONTHS_DAYS = 180.0
MOST_TIMES = 200  # of a course: its hours or days are fewer


def _statistics(values: Array) -> Array:
    """The five figures of `STATISTICS`; NaN where there is no channel."""
    if not values.size:
        return np.full(len(STATISTICS), np.nan)
    spread = values.std(ddof=1) if values.size > 1 else 0.0
    return np.array([values.mean(), spread, *np.quantile(values, [0.05, 0.5, 0.95])])


def _of_channels(name: str) -> Callable[[Made], Array]:
    return lambda made: _statistics(getattr(made.channels, name)[made.channels.inside])


def _entry_angle_deg(made: Made) -> float:
    return float(np.degrees(made.moved.entry_angle_rad))


def _drum_load_share(made: Made) -> float:
    load = made.technique.load_n
    return float(made.balance.drum_force_n.mean() / load) if load else 0.0


def _contacts_per_cm2(made: Made) -> Array:
    """Cumulative over the passes; needles that meet a hole count too."""
    met = np.bincount(made.contacts.pass_number[made.contacts.inside], minlength=made.technique.passes + 1)
    return floats(100 * np.cumsum(met[1:]) / made.area_mm2)


def _minutes(area_mm2: float | None = None) -> Callable[[Made], Array]:
    return lambda made: made.moved.minutes(area_mm2 or made.area_mm2, made.technique.passes)


def _skin_follows_um(made: Made) -> float:
    found = made.follows_um
    return float(found.mean()) if found is not None and found.size else np.nan


def _striation_um(made: Made) -> Array:
    channels = made.channels
    longer = (channels.aspect_ratio - 1) * channels.surface_diameter_um
    return _statistics(longer[channels.inside])


def _risk_share(name: str) -> Callable[[Made], float]:
    return lambda made: float(getattr(made.risk, f"{name}_share"))


def _course(name: str) -> Callable[[Made], Array]:
    return lambda made: getattr(made.healing, name)


def _course_unknown(name: str) -> Callable[[Made], Array]:
    return lambda made: made.healing.band[name]


def _delivered_ends(low: str, high: str) -> Callable[[Made], Array]:
    return lambda made: floats([getattr(made.delivered, low), getattr(made.delivered, high)])


def _floor(name: str) -> Callable[[], float]:
    return lambda: 100 * healing()[FLOORS[name]].value


def _told(name: str) -> Callable[[], float]:
    return lambda: after()[name].value


def _course_floor(name: str) -> Callable[[], float]:
    return lambda: healing()[FLOORS[name]].value


def _percent(values: Array | float) -> Array:
    return floats(100 * (floats(values) - 1))


def _peak(name: str) -> Callable[[Made], Array]:
    return lambda made: _percent(made.healing.peak[name])


def _peak_unknown(name: str) -> Callable[[Made], Array]:
    def ends(made: Made) -> Array:
        course = made.healing
        day = course.peak_day[name]
        return _ends(course, name, 0.0 if day is None else day)

    return ends


def _ends(course: HealingCourse, name: str, day: float) -> Array:
    return _percent(floats([np.interp(day, course.days, edge) for edge in course.band[name]]))


def _six_months(name: str) -> Callable[[Made], Array]:
    return lambda made: _percent(made.healing.at(name, SIX_MONTHS_DAYS))


def _six_months_unknown(name: str) -> Callable[[Made], Array]:
    return lambda made: _ends(made.healing, name, SIX_MONTHS_DAYS)


def _sessions_to_half(made: Made) -> Array:
    """Median, 5 and 95 %; NaN where nothing opens."""
    found = made.healing.sessions_to_half
    return np.full(3, np.nan) if found is None else floats(found)


SURFACE_DIAMETER = "surface_diameter_um"

# fmt: off
_TABLE: tuple[Quantity, ...] = (
    # key, dimensions, unit, words, short head, group, how it is worked out
    Quantity("density_per_cm2", ("passes",), "1/cm2", "channels that open the stratum corneum", "channels",
        "channels", lambda made: made.counted.density_per_cm2, main=True),
    Quantity("density_at_depth_per_cm2", ("passes", "depth"), "1/cm2", "channels at least this deep",
        "channels this deep", "channels", lambda made: made.counted.density_at_depth_per_cm2),
    Quantity("contacts_per_cm2", ("passes",), "1/cm2", "contacts of needles with the skin, holes met again too",
        "contacts", "channels", _contacts_per_cm2),
    Quantity("punctured_fraction", (), "1", "contacts that open the skin", "contacts that open", "channels",
        lambda made: made.punctured_fraction, main=True, percent=True),
    Quantity("surface_coverage", ("passes",), "1", "surface covered, needle in", "surface covered", "coverage",
        lambda made: made.touched.coverage[:, 0], main=True, percent=True, remark="needle in"),
    Quantity("surface_expected_coverage", ("passes",), "1", "surface that passes independent of each other cover",
        "by chance", "coverage", lambda made: made.touched.expected_coverage[:, 0], percent=True),
    Quantity("coverage", ("passes", "depth"), "1", "area inside a channel, needle in", "covered", "coverage",
        lambda made: made.tabled(made.touched.coverage), percent=True),
    Quantity("expected_coverage", ("passes", "depth"), "1", "the same by the closed form for independent passes",
        "covered by chance", "coverage", lambda made: made.tabled(made.touched.expected_coverage), percent=True),
    Quantity("residual_coverage", ("passes", "depth"), "1", "area inside a channel, needle gone",
        "covered, needle gone", "coverage", lambda made: made.tabled(made.touched.residual_coverage), percent=True),
    Quantity("multiplicity", ("hits", "passes", "depth"), "1", "area hit {hits} times, needle in",
        "hit {hits} times", "coverage", lambda made: made.tabled(made.touched.multiplicity), percent=True),
    Quantity("residual_multiplicity", ("hits", "passes", "depth"), "1", "area hit {hits} times, needle gone",
        "hit {hits} times, needle gone", "coverage", lambda made: made.tabled(made.touched.residual_multiplicity),
        percent=True),
    Quantity("peak_depth_um", ("statistic",), "um", "peak depth, over the channels", "peak depth", "depth",
        _of_channels("peak_depth_um"), main=True),
    Quantity("residual_depth_um", ("statistic",), "um", "residual depth, over the channels", "residual depth",
        "depth", _of_channels("residual_depth_um"), main=True),
    Quantity(SURFACE_DIAMETER, ("statistic",), "um", "hole at the surface, over the channels", "hole", "depth",
        _of_channels(SURFACE_DIAMETER), main=True),
    Quantity("hole_aspect_ratio", ("statistic",), "1", "length over width of the hole", "hole's aspect", "depth",
        _of_channels("aspect_ratio")),
    Quantity("striation_um", ("statistic",), "um", "length of the hole beyond its width, over the channels",
        "striation", "depth", _striation_um, main=True),
    Quantity("layer_top_um", ("layer",), "um", "top of {layer}, mean depth", "{layer} from", "layers",
        lambda made: interfaces_um(made.person_um)[:-1]),
    Quantity("layer_bottom_um", ("layer",), "um", "bottom of {layer}, mean depth", "{layer} to", "layers",
        lambda made: interfaces_um(made.person_um)[1:]),
    Quantity("layer_density_per_cm2", ("layer", "passes"), "1/cm2", "channels into {layer}", "into {layer}",
        "layers", lambda made: made.counted.layer_density_per_cm2.T, main=True),
    Quantity("layer_volume_fraction", ("layer", "passes"), "1", "volume of {layer} touched", "{layer} touched",
        "layers", lambda made: made.touched.layer_volume_fraction.T, main=True, percent=True),
    Quantity("largest_gap_mm", ("passes",), "mm", "largest untouched disc, diameter", "largest gap", "gaps",
        lambda made: made.between.largest_gap_mm, main=True, remark="untouched disc"),
    Quantity("mean_distance_to_channel_mm", ("passes",), "mm", "mean distance to a channel's edge", "mean distance",
        "gaps", lambda made: made.between.mean_distance_to_channel_mm, main=True),
    Quantity("p95_distance_to_channel_mm", ("passes",), "mm",
        "distance to a channel's edge within which 95 % of the area lies", "95 % within", "gaps",
        lambda made: made.between.p95_distance_to_channel_mm),
    Quantity("evenness_cv", ("passes",), "1", "evenness: how much channels vary over cells of 5 mm", "evenness (CV)",
        "gaps", lambda made: made.evenness.variation, main=True, percent=True, remark="over cells of 5 mm"),
    Quantity("evenness_cv_by_chance", ("passes",), "1", "the same, of channels thrown at random",
        "evenness by chance", "gaps", lambda made: made.evenness.by_chance, main=True, percent=True),
    Quantity("entry_angle_deg", (), "deg", "entry angle, from the normal of skin that lies on the drum",
        "entry angle", "motion", _entry_angle_deg, main=True),
    Quantity("axle_height_mm", (), "mm", "axle, or plate, over the undisturbed skin", "axle height", "motion",
        lambda made: made.axle_height_mm),
    Quantity("drum_load_share", (), "1", "load that the bare drum, plate or ring carries", "load on the drum", "motion",
        _drum_load_share, percent=True),
    Quantity("engaged_needles", (), "needles", "needles in contact with the skin at once", "needles engaged",
        "motion", lambda made: made.balance.engaged.mean()),
    Quantity("entry_speed_mm_s", (), "mm/s", "speed of the needles into the skin", "entry speed", "motion",
        lambda made: made.moved.entry_speed_mm_s),
    Quantity("drag_um", (), "um", "way along skin that stands still while a needle is in it", "drag", "motion",
        lambda made: 1000 * made.moved.drag_mm),
    Quantity("skin_follows_um", (), "um", "way along the skin that it follows a needle before it tears, mean",
        "skin follows", "motion", _skin_follows_um, status="unverified"),
    Quantity("minutes_per_300_cm2", (), "min", "time for 300 cm2, about a face, all passes", "time, 300 cm2", "motion",
        _minutes(FACE_MM2), status="unverified", main=True),
    Quantity("minutes_for_region", (), "min", "time for the region, all passes", "time, region", "motion", _minutes(),
        status="unverified", main=True),
    Quantity("amount_ug_per_cm2", ("delivery_hour",), "ug/cm2", "active delivered", "delivered", "uptake",
        lambda made: made.delivered.amount_ug_per_cm2, status="unverified", needs="active", main=True,
        unknown=_delivered_ends("amount_low_ug_per_cm2", "amount_high_ug_per_cm2")),
    Quantity("intact_amount_ug_per_cm2", ("delivery_hour",), "ug/cm2", "active through intact skin", "intact skin",
        "uptake", lambda made: made.delivered.intact_amount_ug_per_cm2, status="unverified", needs="active",
        main=True, unknown=_delivered_ends("intact_amount_low_ug_per_cm2", "intact_amount_high_ug_per_cm2")),
    Quantity("flux_ug_per_cm2_h", ("delivery_hour",), "ug/(cm2 h)", "flow of the active into the skin", "flow",
        "uptake", lambda made: made.delivered.flux_ug_per_cm2_h, status="unverified", needs="active"),
    Quantity("enhancement", (), "x intact skin", "gain in steady flow of the active", "gain in flow", "uptake",
        lambda made: made.delivered.enhancement, status="unverified", needs="active", main=True,
        unknown=_delivered_ends("enhancement_low", "enhancement_high")),
    Quantity("barrier_back_h", (), "h", "channels open until the barrier is back; 168 stands for more", "barrier back",
        "risk", lambda made: made.closing.barrier_back_h, status="unverified", needs="aftermath", main=True,
        floor=_told("hours_told"), unknown=lambda made: made.closing.barrier_back_band_h),
    Quantity("holes_closed_h", (), "h", "holes visible", "holes visible", "risk",
        lambda made: made.closing.closed_h, status="unverified", needs="aftermath", main=True,
        unknown=lambda made: made.closing.closed_band_h),
    Quantity("open_area_share", ("closure_hour",), "1", "hole still open", "hole open", "risk",
        lambda made: made.closing.open_area_share, status="unverified", needs="aftermath", percent=True,
        unknown=lambda made: made.closing.open_area_band),
    Quantity("barrier_share", ("closure_hour",), "1", "breached barrier that is back", "barrier back", "risk",
        lambda made: made.closing.barrier_share, status="unverified", needs="aftermath", percent=True,
        unknown=lambda made: made.closing.barrier_band),
    *(
        Quantity(f"{name}_peak_percent", (), "%", f"{words}, most after one session", f"{words}, most", "collagen",
            _peak(name), status="unverified", needs="aftermath", main=True, change=True, floor=_floor(name),
            unknown=_peak_unknown(name))
        for name, words in (("collagen", "collagen of the papillary dermis"), ("epidermis", "epidermis"))
    ),
    Quantity("collagen_peak_day", (), "d", "day of the most collagen after one session", "day of the most", "collagen",
        lambda made: made.healing.peak_day["collagen"] or np.nan, status="unverified", needs="aftermath", main=True),
    *(
        Quantity(f"{name}_at_6_months_percent", (), "%", f"{words}, 6 months after one session",
            f"{words}, month 6", "collagen", _six_months(name), status="unverified", needs="aftermath", main=True,
            change=True, floor=_floor(name), unknown=_six_months_unknown(name))
        for name, words in (("collagen", "collagen of the papillary dermis"), ("epidermis", "epidermis"))
    ),
    Quantity("sessions_to_half", (), "sessions", "sessions 28 days apart until half of the plateau of new collagen",
        "sessions to half", "collagen", lambda made: _sessions_to_half(made)[0], status="unverified",
        needs="aftermath", main=True, unknown=lambda made: _sessions_to_half(made)[1:]),
    *(
        Quantity(name, ("day",), "x untreated skin", words, words, "collagen", _course(name), status="unverified",
            needs="aftermath", floor=_course_floor(name) if banded else None,
            unknown=_course_unknown(name) if banded else None)
        for name, words, banded in (
            ("collagen", "collagen, papillary dermis", True),
            ("collagen_reticular", "collagen, reticular dermis", True),
            ("elastin", "elastin", True),
            ("epidermis", "thickness of the epidermis", True),
            ("signal", "inflammation", False),
            ("secretion", "collagen made a day", False),
        )
    ),
    Quantity("bleeding", (), "", "bleeding that is seen", "bleeding", "risk",
        lambda made: BLEEDING.index(made.risk.bleeding), status="unverified", needs="aftermath", main=True,
        classes=BLEEDING, unknown=lambda made: floats([BLEEDING.index(name) for name in made.risk.bleeding_band])),
    Quantity("vessels_met_per_cm2", (), "1/cm2", "channels that meet a vessel, as a microscope would see",
        "vessels met", "risk", lambda made: made.risk.vessels_met_per_cm2, status="unverified", needs="aftermath",
        unknown=lambda made: made.risk.vessels_met_band_per_cm2),
    Quantity("bleeding_points_per_cm2", (), "1/cm2", "vessels whose blood comes to the surface", "bleeding points",
        "risk", lambda made: made.risk.bleeding_points_per_cm2, status="unverified", needs="aftermath",
        unknown=lambda made: made.risk.bleeding_points_band_per_cm2),
    Quantity("pain_vs_26g", (), "x 26G needle", "pain", "pain", "risk", lambda made: made.risk.pain_vs_26g,
        status="unverified", needs="aftermath", main=True, floor=_told("pain_told"),
        unknown=lambda made: made.risk.pain_band_vs_26g),
    Quantity("redness_h", (), "h", "redness", "redness", "risk", lambda made: made.risk.redness_h,
        status="unverified", needs="aftermath", main=True, floor=_told("hours_told"),
        unknown=lambda made: made.risk.redness_band_h),
    Quantity("swelling_h", (), "h", "swelling", "swelling", "risk", lambda made: made.risk.swelling_h,
        status="unverified", needs="aftermath", main=True, floor=_told("hours_told"),
        unknown=lambda made: made.risk.swelling_band_h),
    *(
        Quantity(f"{name}_share", (), "1", f"channels that {words}", words, "risk", _risk_share(name),
            status="unverified", needs="aftermath", percent=True)
        for name, words in (
            ("dermis", "end in the dermis or below"),
            ("papillary_vessel", "meet a capillary loop"),
            ("superficial_plexus", "meet the superficial plexus"),
            ("deep_plexus", "meet the deep plexus"),
        )
    ),
    Quantity("microbes_vs_hypodermic", (), "x 21G hole", "microbes through a channel of an unclean roller",
        "microbes", "risk", lambda made: made.risk.microbes_vs_hypodermic, status="unverified", needs="aftermath"),
    *(
        Quantity(key, (), unit, words, head, "collagen", status="unverified", change=True, room="programme")
        for key, unit, words, head in (
            ("collagen_before", "x untreated skin", "collagen, papillary dermis, before it", "collagen before"),
            ("epidermis_before", "x untreated skin", "epidermis, thickness before it", "epidermis before"),
        )
    ),
    *(
        Quantity(key, (), "ug/cm2", words, head, "uptake", status="unverified", room="programme")
        for key, words, head in (
            ("total_amount_ug_per_cm2", "active delivered by this session and those before it", "delivered so far"),
            ("total_intact_amount_ug_per_cm2", "the same through intact skin", "intact skin so far"),
        )
    ),
    Quantity("costs_more", (), "", "what costs a plan more: people who differ, or what nobody knows", "costs more",
        "settings", classes=("equal", "people", "models"), room="plan"),
    Quantity("layer_share_of_channels", ("layer",), "1", "share of channels into {layer}", "into {layer}", "layers",
        percent=True, room="plan"),
    *(
        Quantity(key, (), unit, words, head, "settings", percent=percent, room="plan")
        for key, unit, words, head, percent in (
            ("load_low_n", "N", "least load that serves enough people", "load from", False),
            ("load_high_n", "N", "greatest load that serves enough people", "load to", False),
            ("certainty", "1", "people and models served, of those searched with", "served", True),
            ("certainty_of_others", "1", "people and models served, of as many others", "others served", True),
            ("certainty_people_alone", "1", "served if only people differed", "by people alone", True),
            ("certainty_models_alone", "1", "served if only what nobody knows differed", "by models alone", True),
            ("passes_people_alone", "1", "passes that would do if only people differed", "by people alone", False),
            ("passes_models_alone", "1", "passes that would do if only what nobody knows differed",
                "by models alone", False),
            ("share_within_reach_of_a_channel", "1", "surface within reach of a channel", "within reach", True),
        )
    ),
)
# fmt: on

ALL: dict[str, Quantity] = {quantity.key: quantity for quantity in _TABLE}
QUANTITIES = {key: quantity for key, quantity in ALL.items() if quantity.room == "treatment"}
COURSE_TIMES: dict[Dimension, Array] = {"closure_hour": CLOSURE_HOURS, "delivery_hour": DELIVERY_HOURS}


def known_with(*, aftermath: bool, active: bool) -> tuple[str, ...]:
    """Return the keys of what can be known, in the order of the table.

    Parameters
    ----------
    aftermath : bool — what follows a session was asked for [-]
    active : bool — an active was applied after it [-]

    """
    given = {"": True, "aftermath": aftermath, "active": active}
    return tuple(key for key, quantity in QUANTITIES.items() if given[quantity.needs])


def worked_out(made: Made, keys: Iterable[str]) -> dict[str, Array]:
    """Return the arrays of some quantities of one replicate.

    Parameters
    ----------
    made : Made — the replicate [-]
    keys : iterable of str — of the quantities wanted [-]

    """
    found = ((key, QUANTITIES[key].work_out) for key in keys)
    return {key: np.asarray(say(made), dtype=np.float64) for key, say in found if say is not None}


def unknown_of(made: Made, keys: Iterable[str]) -> dict[str, Array]:
    """Return low and high end of what nobody knows, of those quantities whose models say so; (2, ...) each.

    Parameters
    ----------
    made : Made — the replicate [-]
    keys : iterable of str — of the quantities wanted [-]

    """
    found = ((key, QUANTITIES[key].unknown) for key in keys)
    return {key: np.asarray(say(made), dtype=np.float64) for key, say in found if say is not None}


def cost_of(
    roller: DeviceSpec,
    technique: Technique,
    region: Polygon,
    depths: int,
    replicates: int,
    wanted: Collection[str],
    *,
    bands: bool,
) -> Cost:
    """Return what a treatment with some quantities is expected to cost.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    technique : Technique — passes, pattern, overlap, slip [-]
    region : shapely Polygon — what is treated [mm]
    depths : int — depths of the table [-]
    replicates : int — how often it is done [-]
    wanted : collection of str — keys of the quantities wanted [-]
    bands : bool — the ensemble is asked what nobody knows [-]

    """
    asked = [QUANTITIES[key] for key in wanted]
    sizes = {"passes": technique.passes, "depth": depths, "layer": len(LAYERS), "statistic": len(STATISTICS)}
    sizes |= {"hits": len(HITS)}
    groups = {quantity.group for quantity in asked}
    cost = expected_cost(
        roller,
        technique,
        region,
        depths=depths,
        numbers=sum(prod(sizes.get(name, MOST_TIMES) for name in quantity.dims) for quantity in asked),
        replicates=replicates,
        # What follows a session depends on the channels' volumes.
        areas=bool(groups & {"coverage", "layers"}) or any(quantity.needs for quantity in asked),
        gaps="gaps" in groups,
        bands=bands,
    )
    follows = SECONDS_PER_HEALING * any(quantity.needs for quantity in asked)
    follows += SECONDS_PER_DELIVERY * any(quantity.needs == "active" for quantity in asked)
    return replace(cost, seconds=cost.seconds + replicates * follows)
