"""Has the reference read this package's docstrings: `name : type — meaning [unit]` is one line, numpydoc wants two."""

import re

import griffe

LINE = re.compile(r"^( *)([\w, *]+?) : (.+?) — (.+)$", re.MULTILINE)
RETURNED = re.compile(r"^( *)([^\n:—]+?) — (.+)$", re.MULTILINE)
FIELDS = re.compile(r"^( *)Parameters\n *----------$", re.MULTILINE)


class Lines(griffe.Extension):
    """Splits the line of each argument, and of each value that is returned, before numpydoc's rules read it."""

    def on_object(self, *, obj: griffe.Object, **_: object) -> None:
        """Rewrite the docstring of an object.

        Parameters
        ----------
        obj : griffe.Object — a module, class or function with all that was read of it [-]

        """
        if obj.docstring is not None:
            text = LINE.sub(r"\1\2 : \3\n\1    \4", obj.docstring.value)
            text = RETURNED.sub(r"\1\2\n\1    \3", text)
            # What a record is called with are its fields, whether or not its constructor is written out.
            obj.docstring.value = FIELDS.sub(r"\1Attributes\n\1----------", text) if obj.is_class else text
