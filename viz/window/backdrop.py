"""The shaded background of a window in which things move: drawn last, and only where nothing stands before it.

In: a plotter whose scene is there. Out: the same background as VTK's own, which is laid under the whole window before
anything is drawn: without a graphics card that took a sixth of the time of a picture.
"""

from __future__ import annotations

import numpy as np
import pyvista

from ..palette import GROUND, SKY

CORNERS = ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0))  # of the picture, the lower ones first
WIDE_MM = 1e6  # so that VTK never takes it to be out of sight
AT_THE_BACK = "gl_Position = vec4(sign(vertexMC.xy), 1.0, 1.0);\n"


def add_backdrop(plotter: pyvista.Plotter) -> None:
    """Lay the background behind the plotter's active picture; what is added later is drawn over it in vain.

    Parameters
    ----------
    plotter : Plotter — whose active picture has all its parts [-]

    """
    places = WIDE_MM * np.column_stack([CORNERS, np.zeros(len(CORNERS))])
    sheet = pyvista.PolyData(places, faces=[4, 0, 1, 2, 3])
    colours = [pyvista.Color(GROUND if low < 0 else SKY).int_rgb for _, low in CORNERS]
    sheet["colour"] = np.array(colours, dtype=np.uint8)
    actor = plotter.add_mesh(
        sheet, scalars="colour", rgb=True, lighting=False, name="backdrop", pickable=False, reset_camera=False
    )
    actor.UseBoundsOff()  # the camera is aimed at what stands before it
    first, everywhere = True, False  # before VTK's own replacements; not at every place of that name
    actor.GetShaderProperty().AddVertexShaderReplacement("//VTK::PositionVC::Impl", first, AT_THE_BACK, everywhere)
    plotter.renderer.GradientBackgroundOff()
