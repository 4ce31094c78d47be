"""Jinja hidden from HTML tools: expressions become tokens and statements comments, and come back afterwards.

An HTML parser would escape what stands in an expression and move a statement that stands between table rows; a token and
a comment stay where they are.
"""

import re

from courtesy.errors import RefusedRule

_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_TOKEN = re.compile(r"<!--zj(\d+)zj-->|zj(\d+)zj")


class Protected:
    """One document's Jinja, hidden by `hide` and brought back by `show`."""

    def __init__(self, comments: bool = True) -> None:
        """comments: statements become comments, for documents in which they stand between elements."""
        self._comments = comments
        self._pieces: list[str] = []

    def hide(self, source: str) -> str:
        """The source with each piece of Jinja replaced. Raises RefusedRule where the source holds such a token itself."""
        if _TOKEN.search(source):
            raise RefusedRule("the text `zj` + number + `zj` is used inside; write it otherwise")
        return _JINJA.sub(self._hidden, source)

    def show(self, document: str) -> str:
        """The document with its Jinja back in place."""
        return _TOKEN.sub(lambda found: self._pieces[int(found[1] or found[2])], document)

    def _hidden(self, found: re.Match[str]) -> str:
        piece = found[0]
        self._pieces.append("" if piece.startswith("{#") else piece)
        token = f"zj{len(self._pieces) - 1}zj"
        return token if piece.startswith("{{") or not self._comments else f"<!--{token}-->"
