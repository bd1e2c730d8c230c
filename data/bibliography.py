"""Sources as BibTeX, for whoever cites the numbers.

In: keys of sources. Out: text of a .bib file. What a citation's text does not say is left out, not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .catalog import Source, sources

YEAR = re.compile(r"\((?P<year>1[89]\d\d|20\d\d)\)")
SPECIAL = {"&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_", "$": r"\$", "{": r"\{", "}": r"\}"}


def bibtex(keys: Iterable[str]) -> str:
    """Return entries of sources, in the order given, each once.

    Parameters
    ----------
    keys : iterable of str — of the table of sources; others are left out [-]

    """
    known = sources()
    return "\n".join(_entry(known[key]) for key in dict.fromkeys(keys) if key in known)


def _entry(source: Source) -> str:
    fields = {"note": _escaped(source.citation)}
    if found := YEAR.search(source.citation):
        fields["year"] = found["year"]
    authors = re.match(r"(?P<names>(?:[A-Z][\w'-]+(?: [a-z]+)* [A-Z]{1,4}(?:, |\. ))+)", source.citation)
    if authors:
        fields["author"] = " and ".join(_turned(name) for name in authors["names"].rstrip(". ").split(", "))
    if source.doi:
        fields["doi"] = source.doi
        fields["url"] = f"https://doi.org/{source.doi}"
    if source.pmid:
        fields["pmid"] = source.pmid
    if source.pmcid:
        fields["pmcid"] = source.pmcid
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@misc{{{source.key},", *lines, "}", ""])


def _turned(name: str) -> str:
    """'Singh A' as BibTeX has it: 'Singh, A'."""
    family, _, initials = name.rpartition(" ")
    return f"{family}, {' '.join(initials)}" if family else name


def _escaped(text: str) -> str:
    return "".join(SPECIAL.get(sign, sign) for sign in text)
