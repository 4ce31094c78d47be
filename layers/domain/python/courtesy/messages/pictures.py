"""Dealers' logos and signatures: SVG files of the rulebook, checked and made ready once, at publication.

A picture is one drawing for all channels: printed pieces show it as it is drawn, mails show a PNG made of it, since mail
programs do not show SVG. A mail carries its pictures as parts of itself (`cid:`): they are seen without a click in programs
that hold back pictures from elsewhere, need no public address, and tell nobody when a mail was opened.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from struct import unpack
from typing import Any
from xml.etree import ElementTree as ET

from courtesy.errors import RefusedRule
from courtesy.messages.rules import Picture

SVG_MAX = 60_000
"""Characters of a drawing; a scanned signature within it is at most so long, too."""
PNG_MAX = 16_000
"""Bytes that a picture adds to a mail."""
HEIGHT = 40
"""Pixels that a logo or signature is high in a mail; the PNG has twice as many, for fine screens."""
PIXELS_MAX = 1600
_SHAPES = frozenset(
    [
        "svg",
        "g",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "title",
        "desc",
        "defs",
        "linearGradient",
        "radialGradient",
        "stop",
        "clipPath",
    ]
)
_SVG = "{http://www.w3.org/2000/svg}"
_HREF = ("href", "{http://www.w3.org/1999/xlink}href")
_PNG = "data:image/png;base64,"


def picture_of(name: str, svg: str) -> Picture:
    """A drawing ready for print and mail. Raises RefusedRule with the first thing that is wrong with it."""
    wrong = next(_findings(svg), "")
    if wrong:
        raise RefusedRule(wrong, rule=f"images/{name}.svg")
    png = _raster(name, svg)
    if len(png) > PNG_MAX:
        raise RefusedRule(
            f"as PNG it has {len(png):,} bytes; a mail takes at most {PNG_MAX:,}, so draw it more simply",
            rule=f"images/{name}.svg",
        )
    width, height = unpack(">II", png[16:24])
    return Picture(
        svg=svg, png=b64encode(png).decode(), width=max(1, round(width * HEIGHT / height)), height=HEIGHT
    )


def _findings(svg: str) -> Iterator[str]:
    if len(svg) > SVG_MAX:
        yield f"{len(svg):,} characters; at most {SVG_MAX:,} are taken"
        return
    if "<!DOCTYPE" in svg or "<!ENTITY" in svg:
        yield "declares a document type; save it as plain SVG"
        return
    try:
        root = ET.fromstring(svg)  # noqa: S314 - nothing is declared in it, so nothing can be expanded
    except ET.ParseError as error:
        yield f"is no XML: {error}"
        return
    if root.tag != f"{_SVG}svg":
        yield "begins with no <svg xmlns='http://www.w3.org/2000/svg'>"
        return
    yield from _shape(root.get("viewBox", ""))
    for node in root.iter():
        kind = str(node.tag).removeprefix(_SVG)
        if kind == "image":
            yield from _image(node)
        elif kind not in _SHAPES:
            yield f"<{kind[:40]}> is not taken: shapes and one PNG within are, with letters drawn as paths"
        for attribute, value in node.attrib.items():
            if attribute.lower().startswith("on") or re.search(r"url\(\s*['\"]?(?!#)", value):
                yield f"attribute {attribute[:40]!r} of <{kind[:40]}> reaches outside the drawing"
            elif attribute in _HREF and kind != "image" and not value.startswith("#"):
                yield f"<{kind[:40]}> refers to something outside the drawing"


def _shape(view: str) -> Iterator[str]:
    try:
        _, _, width, height = (float(part) for part in view.replace(",", " ").split())
    except ValueError:
        yield "has no viewBox of four numbers"
        return
    if not (height > 0 and 0.25 <= width / height <= 8):
        yield "is taller than four times its width, or wider than eight times its height"


def _image(node: Any) -> Iterator[str]:
    href = next((node.get(name) for name in _HREF if node.get(name)), "")
    try:
        content = b64decode(href.removeprefix(_PNG), validate=True) if href.startswith(_PNG) else b""
    except ValueError:
        content = b""
    if len(content) < 24 or not content.startswith(b"\x89PNG\r\n\x1a\n"):
        yield "a picture within a drawing is a PNG as data:image/png;base64"
    elif max(unpack(">II", content[16:24])) > PIXELS_MAX:
        yield f"the PNG within has more than {PIXELS_MAX} pixels on a side"


def _raster(name: str, svg: str) -> bytes:
    import typst

    frame = (
        "#set page(width: auto, height: auto, margin: 0pt, fill: none)\n"
        f'#image(bytes(sys.inputs.svg), format: "svg", height: {HEIGHT}pt)'
    )
    compiler = typst.Compiler(ignore_system_fonts=True)
    try:
        made: Any = compiler.compile(frame.encode(), sys_inputs={"svg": svg}, format="png", ppi=144)
    except typst.TypstError as error:
        raise RefusedRule(f"cannot be drawn: {error.message[:200]}", rule=f"images/{name}.svg") from None
    return bytes(made[0] if isinstance(made, list) else made)


def missing_pictures(dealers: Mapping[str, Any], pictures: Mapping[str, Picture]) -> Iterator[str]:
    """What dealers name and nobody drew, as `dealers.yaml: ...`."""
    for key, dealer in dealers.items():
        for field in ("logo", "signature"):
            name = dealer.get(field, "") if isinstance(dealer, dict) else ""
            if name and name not in pictures:
                yield f"dealers.yaml: {key}: {field}: there is no picture {name!r}; add messages/images/{name}.svg"
