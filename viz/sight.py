"""How far apart two colours look: contrast of light, difference of colour, and both as the colour-blind see them.

In: colours as shares of red, green and blue, as a screen takes them (sRGB, IEC 61966-2-1). Contrast is that of WCAG 2.2
(success criterion 1.4.11 asks 3 to 1 of what a picture needs). Difference is CIEDE2000 (Sharma, Wu, Dalal 2005,
doi:10.1002/col.20070). Colour-blind vision is the model of Machado, Oliveira, Fernandes 2009
(doi:10.1109/TVCG.2009.113) at full severity.
"""

from __future__ import annotations

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import ArrayLike

from ..geometry.arrays import Array, floats

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])  # D65
VISIONS: dict[str, Array] = {
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def rgb(colours: str | list[str] | tuple[str, ...]) -> Array:
    """Return colours as numbers, (3,) or (n, 3).

    Parameters
    ----------
    colours : str or list of str — as '#rrggbb' [-]

    """
    return floats(to_rgb(colours) if isinstance(colours, str) else [to_rgb(one) for one in colours])


def light(screen: ArrayLike) -> Array:
    """Return how much light a screen gives for its numbers, (..., 3).

    Parameters
    ----------
    screen : (..., 3) float array — colours, 0..1 [-]

    """
    value = floats(screen)
    return floats(np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4))


def screen_values(lit: ArrayLike) -> Array:
    """Return the numbers for which a screen gives some light, (..., 3); what it can't show is cut off.

    Parameters
    ----------
    lit : (..., 3) float array — light of red, green and blue [-]

    """
    value = np.clip(floats(lit), 0.0, 1.0)
    return floats(np.where(value <= 0.0031308, 12.92 * value, 1.055 * value ** (1 / 2.4) - 0.055))


def contrast(one: ArrayLike, other: ArrayLike) -> Array:
    """Return the contrast of light of two colours, (...): 1 where they are as light, 21 for black on white.

    Parameters
    ----------
    one, other : (..., 3) float array — colours, 0..1 [-]

    """
    first, second = light(one) @ LUMINANCE, light(other) @ LUMINANCE
    return floats((np.maximum(first, second) + 0.05) / (np.minimum(first, second) + 0.05))


def as_seen(screen: ArrayLike, vision: str) -> Array:
    """Return colours as somebody with a colour blindness sees them, (..., 3).

    Parameters
    ----------
    screen : (..., 3) float array — colours, 0..1 [-]
    vision : str — 'protanopia', 'deuteranopia', 'tritanopia', or 'full' [-]

    """
    return floats(screen) if vision == "full" else screen_values(light(screen) @ VISIONS[vision].T)


def in_print(screen: ArrayLike) -> Array:
    """Return colours as a printer without colours gives them, (..., 3).

    Parameters
    ----------
    screen : (..., 3) float array — colours, 0..1 [-]

    """
    grey = screen_values(light(screen) @ LUMINANCE)
    return floats(np.repeat(grey[..., None], 3, axis=-1))


def lab(screen: ArrayLike) -> Array:
    """Return colours in CIELAB under daylight, (..., 3): lightness, red over green, yellow over blue.

    Parameters
    ----------
    screen : (..., 3) float array — colours, 0..1 [-]

    """
    share = light(screen) @ XYZ.T / WHITE
    bent = np.where(share > (6 / 29) ** 3, np.cbrt(share), share / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(bent, -1, 0)
    return floats(np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1))


def difference(one: ArrayLike, other: ArrayLike, vision: str = "full") -> Array:
    """Return how different two colours look, (...), by CIEDE2000.

    Parameters
    ----------
    one, other : (..., 3) float array — colours, 0..1 [-]
    vision : str — whose, as for `as_seen` [-]

    """
    return ciede_2000(lab(as_seen(one, vision)), lab(as_seen(other, vision)))


def ciede_2000(one: ArrayLike, other: ArrayLike) -> Array:
    """Return the difference of two colours of CIELAB, (...); about 1 is the least that is seen.

    Parameters
    ----------
    one, other : (..., 3) float array — lightness, a and b [-]

    """
    lightness, red, yellow = np.moveaxis(np.stack(np.broadcast_arrays(floats(one), floats(other))), -1, 0)
    seventh = np.mean(np.hypot(red, yellow), axis=0) ** 7
    red = red * (1 + 0.5 * (1 - np.sqrt(seventh / (seventh + 25.0**7))))
    chroma, hue = np.hypot(red, yellow), np.degrees(np.arctan2(yellow, red)) % 360
    coloured = np.prod(chroma, axis=0) > 0
    turn = np.where(coloured, (hue[1] - hue[0] + 180) % 360 - 180, 0.0)
    middle = np.where(coloured, (hue[0] + turn / 2) % 360, hue.sum(axis=0))
    by_hue = 2 * np.sqrt(np.prod(chroma, axis=0)) * np.sin(np.radians(turn / 2))
    mean_light, mean_chroma = lightness.mean(axis=0), chroma.mean(axis=0)
    waves = zip((-0.17, 0.24, 0.32, -0.20), (1, 2, 3, 4), (-30, 0, 6, -63), strict=True)
    wave = 1 + sum(size * np.cos(np.radians(times * middle + shift)) for size, times, shift in waves)
    away = (mean_light - 50) ** 2
    light_step = np.diff(lightness, axis=0)[0] / (1 + 0.015 * away / np.sqrt(20 + away))
    chroma_step = np.diff(chroma, axis=0)[0] / (1 + 0.045 * mean_chroma)
    hue_step = by_hue / (1 + 0.015 * mean_chroma * wave)
    twist = 2 * np.sqrt(mean_chroma**7 / (mean_chroma**7 + 25.0**7))
    twist = -twist * np.sin(np.radians(60 * np.exp(-(((middle - 275) / 25) ** 2))))
    return floats(np.sqrt(light_step**2 + chroma_step**2 + hue_step**2 + twist * chroma_step * hue_step))
