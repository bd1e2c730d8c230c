"""The HTML report: one file that opens anywhere, offline, with nothing to install.

In: a Treatment, a Comparison or a Programme. Out: a page that holds the JSON object its numbers come from, charts as
SVG, the 3D scene and the script that turns it. Written without GL; the same result gives the same bytes.
"""

from __future__ import annotations

import json
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ...roller.output import write_text
from ...roller.programme.sessions import Programme
from ...roller.treatment.result import NOTICE
from ..palette import css_variables
from .charts import by_name, chapters
from .drawing import colour_rules
from .first_screen import cards, meanings, said_of, subtitle_of, title_of
from .numbers import Shown, content_of
from .rerun import command_line, python_call
from .scene import scene_data
from .tables import figure_rows, input_groups, quantities, session_table, source_rows, versions

WEB = Path(__file__).parents[1] / "web"
# In a script element the parser knows nothing of JSON: what could end or open one is written as an escape.
ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def write_page(result: Shown, path: str | Path) -> None:
    """Write the report of a result: all or nothing.

    Parameters
    ----------
    result : Treatment, Comparison or Programme — what the page shows [-]
    path : str or Path — file to write, ending in .html [-]

    Raises
    ------
    InputError
        If the file can't be written.

    """
    write_text(path, page_html(result))


def page_html(result: Shown) -> str:
    """Return the report of a result as HTML.

    Parameters
    ----------
    result : Treatment, Comparison or Programme — what the page shows [-]

    """
    content = content_of(result)
    offered = quantities(result, content)
    scene = scene_data(content.treatments, content.labels)
    drawn = chapters(result, content)
    is_programme = isinstance(result, Programme)
    return (
        environment()
        .get_template("page.html.jinja")
        .render(
            title=title_of(result, content),
            subtitle=subtitle_of(result, content),
            said=said_of(result, content),
            alerts=result.alerts,
            notice=NOTICE,
            cards=cards(content),
            meanings=meanings(result, content),
            chapters=drawn,
            charts_json=for_script(json.dumps(by_name(drawn))),
            scene=scene,
            scene_json=for_script(json.dumps(scene)),
            labels=content.labels,
            rows=figure_rows(content),
            sessions=session_table(content) if is_programme else None,
            replicates=content.treatments[0].replicates,
            offered=offered,
            offered_json=for_script(json.dumps(offered)),
            inputs=input_groups(content),
            command=command_line(result),
            call=python_call(result),
            sources=source_rows(content),
            warnings=content.data["warnings"],
            versions=versions(content),
            result_json=for_script(content.text),
            **told_once(),
        )
    )


@cache  # style, script and their hashes are of one moment, whatever happens to the files
def told_once() -> dict[str, Any]:
    """Return style and script of a page, and the hashes by which its content policy lets them work."""
    style = css_variables() + colour_rules()
    style += "".join((WEB / name).read_text(encoding="utf-8") for name in ("page.css", "body.css"))
    script = (WEB / "dist" / "page.js").read_text(encoding="utf-8")
    return {
        "style": Markup(style),
        "style_hash": hash_of(style),
        "script": Markup(script),
        "script_hash": hash_of(script),
    }


def hash_of(text: str) -> str:
    """Return by which name the page's content policy knows a style or a script.

    Parameters
    ----------
    text : str — of the style or script [-]

    """
    return b64encode(sha256(text.encode()).digest()).decode("ascii")


@cache
def environment() -> Environment:
    """Return where the page's templates are found; what they print is escaped."""
    return Environment(
        loader=FileSystemLoader(WEB),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def for_script(text: str) -> Markup:
    """Return JSON as it may stand in a script element.

    Parameters
    ----------
    text : str — JSON [-]

    """
    for sign, escape in ESCAPES.items():
        text = text.replace(sign, escape)
    return Markup(text)
