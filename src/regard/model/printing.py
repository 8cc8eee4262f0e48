"""Drawings on paper: SVG into PDF or PNG by Typst, with a font that comes along.

Drawings in `paper_style` in; a PDF with a page for each, or the PNG of the first, out: A4
landscape. Needs the extra ``regard[print]`` (Typst needs no system library, Source Sans is
open); printing is for people at a table, so nothing that runs all day carries it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import font_source_sans_pro
import msgspec
import typst

from regard.model.page import style

Paper = Literal["pdf", "png"]
PNG_DPI = 192.0
FAMILY = "Source Sans Pro"

_TOKEN = re.compile(r"(--[a-z-]+):\s*([^;]+);")
_USE = re.compile(r"var\((--[a-z-]+)(?:,[^()]*(?:\([^()]*\))?)?\)")


def printed(
    drawings: Sequence[str], paper: Paper, report: Mapping[str, Any] | None = None
) -> bytes:
    """Return the bytes of a document with one drawing on each page (PNG: of the first).

    With `report` pages of text follow, as `report.typ` lays them out.
    """
    fonts = Path(font_source_sans_pro.SourceSansPro).parent
    with TemporaryDirectory(prefix="regard-print-") as folder:
        place = Path(folder)
        pages = []
        for number, drawing in enumerate(drawings if paper == "pdf" else drawings[:1]):
            (place / f"{number}.svg").write_text(drawing, encoding="utf-8")
            pages.append(f'#image("{number}.svg", width: 100%, height: 100%, fit: "contain")')
        source = place / "pages.typ"
        if report is not None:
            (place / "report.json").write_bytes(msgspec.json.encode(report))
            pages.append((files("regard.model") / "report.typ").read_text(encoding="utf-8"))
        set_page = '#set page("a4", flipped: true, margin: 6mm)\n'
        source.write_text(set_page + "\n#pagebreak()\n".join(pages), encoding="utf-8")
        return bytes(
            typst.compile(
                str(source), format=paper, ppi=PNG_DPI, root=folder, font_paths=[str(fonts)]
            )
        )


def paper_style() -> str:
    """Return the style of a drawing for paper: light colours and our font, written out.

    Renderers for paper know no variables of CSS and no colour schemes.
    """
    tokens = (files("regard.drawing") / "tokens.css").read_text(encoding="utf-8")
    light = dict(_TOKEN.findall(tokens.partition("@media")[0]))
    light |= {"--sheet": "#ffffff", "--sans": f'"{FAMILY}"'}
    return _USE.sub(lambda found: light[found[1]], style())
