"""The text version of an e-mail, derived from its HTML when the message is published."""

from html.parser import HTMLParser

_BREAKS = frozenset({"p", "div", "tr", "br", "h1", "h2", "h3", "table", "li", "hr"})
_SILENT = frozenset({"style", "script", "title", "head"})


def text_of(html: str) -> str:
    """The readable text of an HTML document: one line per block, links as `text: address`, no empty runs of lines."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines: list[str] = []
    for raw in "".join(reader.parts).split("\n"):
        line = " ".join(raw.split())
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip() + "\n"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0
        self._hidden: list[str] = []
        self._href = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        style = (dict(attrs).get("style") or "").replace(" ", "")
        if self._hidden or "display:none" in style:
            if tag not in ("br", "img", "hr", "meta", "link"):
                self._hidden.append(tag)
            return
        if tag == "a":
            self._href = dict(attrs).get("href") or ""
        if tag in _BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT and self._silent:
            self._silent -= 1
        if self._hidden:
            self._hidden.pop()
            return
        if tag == "a" and self._href:
            self.parts.append(f": {self._href}")
            self._href = ""
        if tag in _BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent and not self._hidden:
            self.parts.append(data)

    def handle_comment(self, data: str) -> None:
        # Statements were hidden in comments; they must come along. Outlook's conditional comments must not.
        if not self._silent and not self._hidden and data.startswith("zj") and data.endswith("zj"):
            self.parts.append(f"<!--{data}-->")
