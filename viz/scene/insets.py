"""A chart laid over a 3D picture: the section with its depth axis, or the uppermost skin on a scale of its own.

In: a matplotlib figure and where it lies. Out: an actor in the plane of the picture, drawn pixel by pixel.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyvista
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from vtkmodules.vtkRenderingCore import vtkCoordinate, vtkPolyDataMapper2D, vtkTexturedActor2D


def pixels_of(drawing: Figure, width_px: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return a chart as a picture so many pixels wide, (height, width, 4).

    Parameters
    ----------
    drawing : Figure — the chart [-]
    width_px : int — of the picture [pixels]

    """
    drawing.set_dpi(width_px / drawing.get_figwidth())
    canvas: Any = FigureCanvasAgg(drawing)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()).copy()


def lay_over(
    plotter: pyvista.Plotter, drawing: Figure, place: tuple[float, float, float], size: tuple[int, int]
) -> float:
    """Lay a chart over the plotter's active picture; returns its height as a share of the picture.

    Parameters
    ----------
    plotter : Plotter — where to [-]
    drawing : Figure — the chart [-]
    place : (float, float, float) — left end, lower end and width, as shares of the picture [-]
    size : (int, int) — width and height of the picture [pixels]

    """
    left, foot, width = place
    picture = pixels_of(drawing, max(1, round(width * size[0])))
    high, wide = picture.shape[:2]
    right, top = left + wide / size[0], foot + high / size[1]
    quad = pyvista.PolyData(
        np.array([(left, foot, 0), (right, foot, 0), (right, top, 0), (left, top, 0)], dtype=np.float32),
        faces=[4, 0, 1, 2, 3],
    )
    quad.active_texture_coordinates = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], dtype=np.float32)
    where = vtkCoordinate()
    where.SetCoordinateSystemToNormalizedViewport()
    mapper = vtkPolyDataMapper2D()
    mapper.SetInputData(quad)
    mapper.SetTransformCoordinate(where)
    texture = pyvista.Texture(picture)
    texture.InterpolateOn()
    actor = vtkTexturedActor2D()
    actor.SetMapper(mapper)
    actor.SetTexture(texture)
    plotter.add_actor(actor, pickable=False, reset_camera=False, render=False)
    return float(top - foot)
