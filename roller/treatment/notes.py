"""What a reader must know before relying on the numbers: sources, assumed and unverified figures, ranges left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from ...data.catalog import Active, DeviceSpec, SkinSite, sources
from ...data.constants import after, handling, tissue, validity
from ...geometry.arrays import Array
from ..after.healing import UNVERIFIED
from ..coverage.motions import TOO_MANY, pace_band, pace_words, told_pace, usual_paces
from ..insertion.support import between_strokes_mm, entry_speed_of
from ..insertion.tissue import worn_tip_radius_um
from ..insertion.validity import outside_validity
from ..technique import Technique
from .digits import passes_words


def source_keys(roller: DeviceSpec, skin: SkinSite) -> tuple[str, ...]:
    """Return the sources that a treatment's numbers lean on.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    skin : SkinSite — the skin [-]

    """
    keys = [*roller.source, *(key for layer in skin.layers for key in layer.source)]
    keys += [key for constant in tissue().values() for key in constant.source.split(";")]
    return tuple(key for key in dict.fromkeys(keys) if key in sources())


BELOW_SHARE = 0.05  # of the channels, below the skin: from there on a careful professional wants to be told
FAR_BEYOND = 100.0  # times the fastest speed that was measured
DRAWN = ("hole_aspect_ratio", "drag_um")
SLIT_ASPECT = 1.5  # of holes that are seen (docs/passes.md): beyond it skin no longer follows
SLIT_SLIP = 0.55  # beyond it skin no longer follows a needle: it is dragged through (docs/passes.md)


SPLIT_SHARE = 0.1  # of the members: as many that open the skin, and as many that don't, are worth telling


def alerts_of(
    roller: DeviceSpec,
    skin: SkinSite,
    technique: Technique,
    values: Mapping[str, Array],
    opened_share: Array | None = None,
) -> Iterator[str]:
    """Yield what a careful professional would want to be told before rolling.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    skin : SkinSite — the skin [um]
    technique : Technique — what the hand does [-]
    values : mapping of float array — figures of the treatment, replicates first [as each]
    opened_share : (M,) float or None — share of contacts that open the skin, by member of the ensemble [-]

    """
    if opened_share is not None:
        opens, count = int((opened_share > 0.5).sum()), opened_share.size
        if SPLIT_SHARE * count <= opens <= (1 - SPLIT_SHARE) * count:
            yield (
                f"{roller.name}: most contacts open the skin in {opens} of {count} models that meet the measurements, "
                f"and do not in {count - opens}: nobody has measured which is right"
            )
    skin_mm = sum(layer.mean_um for layer in skin.layers[:-1]) / 1000
    goes_below = False
    if {"layer_density_per_cm2", "density_per_cm2"} <= values.keys():
        below, all_of_them = (float(values[key][..., -1].mean(axis=0).ravel()[-1]) for key in BELOW_AND_ALL)
        goes_below = bool(all_of_them and below > BELOW_SHARE * all_of_them)
        if goes_below:
            yield (
                f"{roller.name}: {below:.0f} of {all_of_them:.0f} channels end below the {skin_mm:.2g} mm of skin of "
                f"the {skin.title.lower()}"
            )
    if roller.length_mm > skin_mm and not goes_below:
        yield f"{roller.name}: needles of {roller.length_mm:g} mm are longer than the {skin_mm:.2g} mm of skin there"
    worn = float(worn_tip_radius_um(roller.tip_radius_um, technique.uses))
    known = validity()["tip_radius_um"]
    if not known.low <= worn <= known.high:
        ground = f"{known.low:g} to {known.high:g} um"
        yield f"{roller.name}: tips of {worn:.2g} um lie outside the {ground} that was measured"
    if technique.load_n > tissue()["hand_load_limit"].value:
        yield f"load_n = {technique.load_n:g} N is more than a hand is known to press with"
    speed, known = entry_speed_of(roller, technique), validity()["entry_speed_mm_s"]
    if speed > FAR_BEYOND * known.high:
        yield (
            f"{roller.name}: needles go in at {speed:.0f} mm/s, measured are {known.low:g} to {known.high:g} mm/s: "
            "how deep they go lies anywhere in its band"
        )
    yield from _pace_alerts(roller, technique, values)
    if technique.slip > SLIT_SLIP:
        yield f"slip = {technique.slip:g}: needles are dragged through the skin and leave slits"


def _pace_alerts(roller: DeviceSpec, technique: Technique, values: Mapping[str, Array]) -> Iterator[str]:
    """What comes of a device that is moved too fast, or of more holes than anybody aims at."""
    usual, told = usual_paces(roller), told_pace(roller, technique)
    if usual is not None and told is not None and not usual[0] <= told <= usual[1]:
        yield (
            f"{roller.name}: {pace_words(roller, technique)}; hands are taken to go at {usual[0]:g} to {usual[1]:g}, "
            "which nobody has measured"
        )
    if between_strokes_mm(roller, technique) and {"hole_aspect_ratio", "drag_um"} <= values.keys():
        longer, drag = (np.nan_to_num(values[name].reshape(len(values[name]), -1)[:, 0]).mean() for name in DRAWN)
        if longer > SLIT_ASPECT:
            yield f"{roller.name}: needles are drawn {drag:.0f} um along while they are in and leave striations"
    apart_um = 1000 * between_strokes_mm(roller, technique)
    wide_um = float(np.nan_to_num(values.get("surface_diameter_um", np.zeros((1, 1)))[:, 0]).mean())
    if 0 < apart_um < wide_um:
        yield (
            f"{roller.name}: holes of {wide_um:.0f} um stand {apart_um:.0f} um apart along the track of each needle "
            "and run together"
        )
    if "contacts_per_cm2" in values:
        met, goal = float(values["contacts_per_cm2"][:, -1].mean()), handling()["goal_density"]
        if goal.high is not None and met > TOO_MANY * goal.high:
            by_one = f", {values['contacts_per_cm2'][:, 0].mean():.0f} by one" if technique.passes > 1 else ""
            yield (
                f"{roller.name}: {met:.0f} contacts per cm2 by {passes_words(technique.passes)}{by_one}; "
                f"{goal.low:g} to {goal.high:g} are named as the goal of a session ({goal.source})"
            )


def merged_alerts(lines: Iterable[str]) -> tuple[str, ...]:
    """Return alerts of several treatments: each once, and what is true of several devices once of all of them.

    Parameters
    ----------
    lines : iterable of str — such as 'mf-8: tips of 2 um lie outside ...' [-]

    """
    devices: dict[str, dict[str, None]] = {}
    for line in lines:
        device, colon, text = line.partition(": ")
        devices.setdefault(text if colon else line, {})[device if colon else ""] = None
    return tuple(f"{', '.join(named)}: {text}" if any(named) else text for text, named in devices.items())


BELOW_AND_ALL = ("layer_density_per_cm2", "density_per_cm2")


def notes_of(roller: DeviceSpec, skin: SkinSite, technique: Technique) -> Iterable[str]:
    """Yield what leans on weak ground.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    skin : SkinSite — the skin [-]
    technique : Technique — what the hand does [-]

    """
    if roller.assumed:
        yield f"{roller.name}: assumed, no source gives them for this device: {', '.join(roller.assumed)}"
    if roller.status == "unverified":
        yield f"{roller.name}: its figures are unverified"
    weak = [layer.name for layer in skin.layers if layer.status == "unverified"]
    if weak:
        yield f"{skin.name}: unverified thickness: {', '.join(weak)}"
    borrowed = [layer.name for layer in skin.layers if layer.note]
    if borrowed:
        yield f"{skin.name}: thickness from other skin than this site's: {', '.join(borrowed)}"
    worn = float(worn_tip_radius_um(roller.tip_radius_um, technique.uses))
    speed = entry_speed_of(roller, technique)
    yield from outside_validity(roller.name, tip_radius_um=worn, entry_speed_mm_s=speed, length_mm=roller.length_mm)
    band = pace_band(roller, technique)
    if band is not None:
        yield f"{roller.name}: nobody has told how fast a hand moves it; {band[0]:g} to {band[1]:g} are in the bands"
    tolerance = getattr(roller, "scale_tolerance_mm", None)
    if tolerance:
        yield f"{roller.name}: its scale is good to {tolerance:g} mm of protrusion, which no band holds"
    limit = tissue()["hand_load_limit"]
    if technique.load_n > limit.value:
        named = f"the {limit.value:g} N named for a hand ({limit.source}, {limit.status})"
        yield f"load_n = {technique.load_n:g} N is more than {named}"
    unverified = [name for name, constant in tissue().items() if constant.status == "unverified"]
    yield f"insertion leans on unverified constants: {', '.join(unverified)}"


def standing_warnings(active: Active | None) -> list[str]:
    """Return what a reader must know of the standing of these models' figures.

    Parameters
    ----------
    active : Active or None — the active delivered [-]

    """
    models = {
        "closure": ("slow_share", "leak_seen", "ageing_per_year", "closed_share"),
        "delivery": ("ion_share", "polar_path"),
        "side effects": ("plexus_density", "plexus_offset", "bleeding_width", "points_seen", "pain_anchor_needles"),
    }
    table = after()
    lines = [UNVERIFIED]
    for model, names in models.items():
        weak = [name for name in names if table[name].status == "unverified"]
        if model != "delivery" or active is not None:
            lines.append(f"unverified constants of {model}: {', '.join(weak)}")
    lines.append("closure: studies of the barrier disagree, from 2 h to more than 48 h; the band holds them")
    if active is not None and active.status == "unverified":
        lines.append(f"{active.name}: its lipophilicity, charge or permeability is unverified")
    return lines
