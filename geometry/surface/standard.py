"""The standard face and limbs: stylised bodies that keep published lengths, with the zones that clinicians use.

In: sex and percentile. Out: a `Surface`. The head of `casting` is warped smoothly so that its landmarks come to lie
where the measurements of `data/bodies.csv` want them; where a length says nothing of a direction, the drawing stands.
It is nobody's face, and no measured shape: breadths and heights are published, what lies between them is drawn.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import shapely
import shapely.affinity
from scipy.interpolate import RBFInterpolator
from shapely.geometry import Polygon

from ...data.bodies import body_lengths_mm, body_zones
from ...data.checks import InputError, Within, refuse
from ..arrays import Array, floats
from .body import Surface, Zone, unit_vectors
from .casting import head_mesh
from .refining import cut
from .simple import cylinder

EDGE = Within(1.0, 6.0, "mm")
LANDMARK_EDGE_MM = 2.0  # of the mesh on which landmarks are looked for, whatever mesh is asked for
UNROLLED_MM = 75.0  # a degree of azimuth as a length, in the plane in which zones are drawn
SOFTNESS_MM = 25.0  # over which a warp bends: landmarks closer than this move together
SMALL_MM = 1e-3  # step by which a warp's slope is measured
CUTS = 4  # that round the corners of zones
LIMBS = {
    "forearm": ("forearm_circumference_flexed", "wrist_circumference", "radiale_stylion_length"),
    "thigh": ("thigh_circumference", "lower_thigh_circumference", "thigh_length"),
}
LIMB_ZONE_DEG = 150.0  # of the round: what can be rolled without turning the limb
STYLISED = "a stylised face after published lengths: nobody's likeness, and between its landmarks drawn, not measured"

# Where zones lie on the drawn head: azimuth from the front [deg] and height [mm], the left one of a pair.
OUTLINES: dict[str, tuple[tuple[float, float], ...]] = {
    "forehead": (
        (-40, 23),
        (-24, 20),
        (-7, 13),
        (7, 13),
        (24, 20),
        (40, 23),
        (45, 44),
        (35, 66),
        (0, 71),
        (-35, 66),
        (-45, 44),
    ),
    "temple": ((46, 54), (44, 28), (40, 11), (48, -3), (62, -9), (78, -7), (81, 18), (70, 43), (57, 56)),
    "cheekbone": ((17, -26), (30, -27), (46, -10), (60, -12), (68, -26), (54, -33), (40, -42), (24, -38)),
    "cheek": (
        (19, -42),
        (24, -41),
        (40, -45),
        (54, -37),
        (72, -30),
        (76, -48),
        (66, -66),
        (46, -82),
        (24, -88),
        (19, -74),
        (17, -56),
    ),
    "nose": (
        (-5.5, 7),
        (5.5, 7),
        (7.5, -12),
        (11.5, -30),
        (12.5, -44),
        (4, -45),
        (-4, -45),
        (-12.5, -44),
        (-11.5, -30),
        (-7.5, -12),
    ),
    "upper-lip": (
        (-13, -53),
        (-5, -52),
        (5, -52),
        (13, -53),
        (16, -66),
        (8, -62.5),
        (2.5, -60.5),
        (0, -61.5),
        (-2.5, -60.5),
        (-8, -62.5),
        (-16, -66),
    ),
    "chin": ((-13, -84), (13, -84), (19, -92), (16, -106), (8, -112), (-8, -112), (-16, -106), (-19, -92)),
    "jaw": ((23, -93), (46, -87), (67, -70), (79, -53), (86, -62), (78, -80), (58, -98), (36, -110), (21, -108)),
}
# Around the eye: middle, half-axes of the rim and of the opening between the lids, which is no skin to roll over.
EYE = ((21.3, -5.5), (16.0, 15.5), (7.6, 4.0))


@cache
def standard_face(sex: str = "female", percentile: float = 50.0, edge_mm: float = 2.0) -> Surface:
    """Return the standard face: a whole head, with zones on its face.

    Parameters
    ----------
    sex : str — 'female' or 'male' [-]
    percentile : float — share of people that stay below, the same for every length [%]
    edge_mm : float — sides of the triangles on the face, about [mm]

    Raises
    ------
    InputError
        For values out of range.

    """
    lengths = body_lengths_mm(sex, percentile)
    drawn = _drawn_face(EDGE.number("edge_mm", edge_mm))
    here, there = _drawn_landmarks(), _wanted_landmarks(lengths)
    warp = _warp(np.array(list(here.values())), np.array([there[name] for name in here]))
    vertices, normals = _warped(warp, drawn.vertices, drawn.vertex_normal)
    name = f"face ({sex}, percentile {percentile:g} of every length)"
    return replace(drawn, name=name, vertices=vertices, given_normal=normals, notes=(STYLISED,))


def face_landmarks(sex: str = "female", percentile: float = 50.0) -> dict[str, Array]:
    """Return where the landmarks of the standard face lie, by name, each (3,) [mm]; paired ones are of the left.

    Parameters
    ----------
    sex : str — 'female' or 'male' [-]
    percentile : float — share of people that stay below [%]

    """
    return _wanted_landmarks(body_lengths_mm(sex, percentile))


def limb(name: str, sex: str = "female", percentile: float = 50.0, edge_mm: float = 2.5) -> Surface:
    """Return a forearm or a thigh: a round limb that tapers, one zone on the side that lies upwards.

    Parameters
    ----------
    name : str — 'forearm' or 'thigh' [-]
    sex : str — 'female' or 'male' [-]
    percentile : float — share of people that stay below, the same for every length [%]
    edge_mm : float — sides of the triangles, about [mm]

    Raises
    ------
    InputError
        For another limb, or values out of range.

    """
    if name not in LIMBS:
        raise refuse("limb", name, ", ".join(LIMBS))
    lengths = body_lengths_mm(sex, percentile)
    upper, lower, length = (lengths[measure] for measure in LIMBS[name])
    wide, narrow = upper / (2 * np.pi), lower / (2 * np.pi)
    edge = EDGE.number("edge_mm", edge_mm)
    round_body = cylinder(wide, 0.8 * length, span_deg=LIMB_ZONE_DEG, margin_mm=0.1 * length, edge_mm=edge)
    share = round_body.vertices[:, 1] / length + 0.5
    thinner = (narrow + (wide - narrow) * share) / wide
    vertices = round_body.vertices * np.stack([thinner, np.ones(thinner.size), thinner], axis=1)
    told = body_zones()[name]
    zone = Zone(name, told.skin_of, told.bone_depth_mm)
    words = ("a round limb that tapers evenly between two published girths; real ones are flattened",)
    title = f"{name} ({sex}, percentile {percentile:g} of every length)"
    return Surface(title, vertices, round_body.faces, round_body.zone_of_face, (zone,), "mm", words)


@cache
def _drawn_face(edge_mm: float) -> Surface:
    """The head as it is drawn, with zones."""
    vertices, faces = head_mesh(edge_mm)
    surface = Surface("head", vertices, faces, np.full(len(faces), -1), ())
    outlines: list[tuple[str, Polygon]] = []
    for name in (*OUTLINES, "periorbital"):
        outline = _ring() if name == "periorbital" else _rounded(OUTLINES[name])
        if outline.centroid.x > 1:
            flipped = shapely.affinity.scale(outline, xfact=-1, origin=(0, 0))
            outlines += [(f"{name}-left", outline), (f"{name}-right", flipped)]
        else:
            outlines.append((name, outline))
    zones, owner = [], surface.zone_of_face
    for number, (name, outline) in enumerate(outlines):
        tagged = replace(surface, zone_of_face=np.arange(len(surface.faces)))
        surface, inside = cut(tagged, _level(surface, outline))
        owner = np.where(inside, number, owner[surface.zone_of_face])
        told = body_zones()[name.removesuffix("-left").removesuffix("-right")]
        zones.append(Zone(name, told.skin_of, told.bone_depth_mm))
    return replace(surface, zone_of_face=owner, zones=tuple(zones))


def _unrolled(vertices: Array) -> Array:
    """Azimuth, as a length, and height."""
    return np.stack([UNROLLED_MM * np.arctan2(vertices[:, 0], vertices[:, 2]), vertices[:, 1]], axis=1)


def _flat(corners: tuple[tuple[float, float], ...]) -> Array:
    return floats(corners) * (UNROLLED_MM * np.pi / 180, 1.0)


def _rounded(corners: tuple[tuple[float, float], ...]) -> Polygon:
    """An outline with its corners cut off again and again (Chaikin 1974)."""
    outline = _flat(corners)
    for _ in range(CUTS):
        after = np.roll(outline, -1, axis=0)
        outline = np.stack([0.82 * outline + 0.18 * after, 0.18 * outline + 0.82 * after], axis=1).reshape(-1, 2)
    return Polygon(outline)


def _ring() -> Polygon:
    turn = np.linspace(0, 2 * np.pi, 73)[:-1]
    (middle,), unit = _flat((EYE[0],)), np.stack([np.cos(turn), np.sin(turn)], axis=1)
    rim, opening = (_flat((half,)) * unit + middle for half in EYE[1:])
    return Polygon(rim, [opening])


def _level(surface: Surface, outline: Polygon) -> Array:
    """A number a vertex that is 0 along an outline: how far inside it is, as far as a side crosses it."""
    places = _unrolled(surface.vertices)
    left, low, right, high = outline.bounds
    # Behind the head, and on the crown, the plane says nothing.
    inside = (
        (places >= (left, low)).all(axis=1) & (places <= (right, high)).all(axis=1) & (surface.vertices[:, 2] > -20)
    )
    inside[inside] = shapely.contains_xy(outline, *places[inside].T)
    level = np.where(inside, 1.0, -1.0)
    corners = inside[surface.faces]
    crossed = np.unique(surface.faces[corners.any(axis=1) & ~corners.all(axis=1)])
    away = shapely.distance(outline.boundary, shapely.points(places[crossed]))
    level[crossed] = np.where(inside[crossed], away, -away - 1e-9)
    return floats(level)


@cache
def _drawn_landmarks() -> dict[str, Array]:
    """Landmarks of the head as it is drawn, by name, the left one of a pair, with its mirror image as NAME'."""
    vertices, _ = head_mesh(LANDMARK_EDGE_MM)
    profile = vertices[(np.abs(vertices[:, 0]) < 1e-9)]
    front, back = profile[profile[:, 2] > 20], profile[profile[:, 2] < -20]

    def at_height(y: float) -> Array:
        order = np.argsort(front[:, 1], kind="stable")
        return floats([0.0, y, np.interp(y, front[order, 1], front[order, 2])])

    def widest(y: float, depth: tuple[float, float]) -> Array:
        near = (np.abs(vertices[:, 1] - y) < 3) & (vertices[:, 2] > depth[0]) & (vertices[:, 2] < depth[1])
        return floats(vertices[near][np.argmax(vertices[near, 0])])

    def along(azimuth_deg: float, y: float) -> Array:
        aim = np.array([UNROLLED_MM * np.radians(azimuth_deg), y])
        front_half = vertices[vertices[:, 2] > -20]
        return floats(front_half[np.argmin(np.linalg.norm(_unrolled(front_half) - aim, axis=1))])

    chin = front[(front[:, 2] > 72) & (front[:, 1] < -90)]
    tip = front[(front[:, 1] < -20) & (front[:, 1] > -50)]
    found = {
        "vertex": profile[np.argmax(profile[:, 1])],
        "trichion": at_height(68.0),
        "glabella": at_height(14.0),
        "sellion": at_height(0.0),
        "pronasale": tip[np.argmax(tip[:, 2])],
        "subnasale": at_height(-50.5),
        "stomion": at_height(-71.0),
        "pogonion": at_height(-100.0),
        "menton": chin[np.argmin(chin[:, 1])],
        "opisthocranion": back[np.argmin(back[:, 2])],
        "throat": at_height(-140.0),
        "nape": back[np.argmin(np.abs(back[:, 1] + 140))],
        "euryon": widest(38.0, (-60, 20)),
        "frontotemporale": along(40.0, 24.0),
        "zygion": widest(-22.0, (25, 60)),
        "gonion": widest(-72.0, (-5, 40)),
        "tragion": widest(-18.0, (8, 20)),
        "nasal root": along(5.4, 0.0),
        "alare": widest(-41.0, (90, 120)),
        "cheilion": along(15.2, -71.0),
        "pupil": along(21.0, -5.0),
        "neck's side": widest(-140.0, (-60, 20)),
    }
    return _both_sides(found)


PAIRED = (
    "euryon",
    "frontotemporale",
    "zygion",
    "gonion",
    "tragion",
    "nasal root",
    "alare",
    "cheilion",
    "pupil",
    "neck's side",
)


def _both_sides(found: dict[str, Array]) -> dict[str, Array]:
    return found | {f"{name}'": found[name] * (-1.0, 1.0, 1.0) for name in PAIRED}


def _wanted_landmarks(lengths: dict[str, float]) -> dict[str, Array]:
    """Where the landmarks are to lie so that all lengths are met."""
    drawn = _drawn_landmarks()
    place = {name: drawn[name].copy() for name in drawn if not name.endswith("'")}
    deeper = lengths["head_length"] / np.linalg.norm(drawn["glabella"] - drawn["opisthocranion"])
    forward = (deeper - 1) * drawn["glabella"][2]
    for name in place:
        # What lies in front moves with the glabella, what lies behind with the back of the head.
        place[name][2] += forward if drawn[name][2] > 50 else (deeper - 1) * drawn[name][2]
    for name, measure in BREADTHS.items():
        place[name][0] = lengths[measure] / 2
    place["tragion"][0] *= lengths["face_breadth_bizygomatic"] / (2 * drawn["zygion"][0])
    sellion = place["sellion"]
    for name, measure in (("subnasale", "nose_length_subnasale_sellion"), ("menton", "face_height_menton_sellion")):
        away = place[name][2] - sellion[2]
        place[name][1] = sellion[1] - np.sqrt(lengths[measure] ** 2 - away**2)
    away = place["trichion"] - sellion
    place["trichion"] = sellion + away * lengths["forehead_height_trichion_nasion"] / np.linalg.norm(away)
    nose = drawn["pronasale"] - drawn["subnasale"]
    place["pronasale"] = place["subnasale"] + nose * lengths["nose_protrusion"] / np.linalg.norm(nose)
    _follow(place, drawn, ("alare",), "sellion", "subnasale")
    _follow(place, drawn, ("stomion", "cheilion", "pogonion", "gonion"), "subnasale", "menton")
    place["alare"][2] += place["pronasale"][2] - drawn["pronasale"][2] - forward
    rise = lengths["tragion_top_of_head"] - (drawn["vertex"][1] - drawn["tragion"][1])
    place["vertex"][1] += rise
    girth = lengths["neck_circumference"] / (2 * np.pi)
    around = (drawn["throat"][2] - drawn["nape"][2] + 2 * drawn["neck's side"][0]) / 4
    middle = (place["throat"][2] + place["nape"][2]) / 2
    place["neck's side"][0] *= girth / around
    for name in ("throat", "nape"):
        place[name][2] = middle + (drawn[name][2] - (drawn["throat"][2] + drawn["nape"][2]) / 2) * girth / around
    return _both_sides(place)


BREADTHS = {
    "euryon": "head_breadth",
    "frontotemporale": "minimum_frontal_breadth",
    "zygion": "face_breadth_bizygomatic",
    "gonion": "jaw_breadth_bigonial",
    "nasal root": "nasal_root_breadth",
    "alare": "nose_breadth",
    "cheilion": "mouth_width_lip_length",
    "pupil": "interpupillary_breadth",
}


def _follow(place: dict[str, Array], drawn: dict[str, Array], names: tuple[str, ...], top: str, bottom: str) -> None:
    """Heights of landmarks between two others stay where they are between them."""
    for name in names:
        share = (drawn[name][1] - drawn[top][1]) / (drawn[bottom][1] - drawn[top][1])
        place[name][1] = place[top][1] + share * (place[bottom][1] - place[top][1])


def _warp(here: Array, there: Array) -> RBFInterpolator:
    """The smooth map that takes landmarks to where they are wanted."""
    if not np.isfinite(there).all():
        raise InputError("the lengths asked for make no face; allowed: percentiles nearer to 50")
    return RBFInterpolator(here, there, kernel="multiquadric", epsilon=1 / SOFTNESS_MM, degree=1)


def _warped(warp: RBFInterpolator, vertices: Array, normal: Array) -> tuple[Array, Array]:
    """Vertices and normals after a warp: two directions square to the normal are carried along with each vertex."""
    aside = unit_vectors(np.cross(normal, np.eye(3)[np.argmin(np.abs(normal), axis=1)]))
    other = np.cross(normal, aside)
    there = warp(vertices)
    one, two = ((warp(vertices + SMALL_MM * way) - there) / SMALL_MM for way in (aside, other))
    return floats(there), unit_vectors(np.cross(one, two))
