"""PDF from HTML by WeasyPrint: nothing is fetched, no clock, the same HTML gives the same bytes."""

from __future__ import annotations

import hashlib
import logging
import threading
from html import escape
from typing import Any

from gridmap.cases.rules.letters.twin import twin

for _name in ("weasyprint", "fontTools"):
    logging.getLogger(_name).setLevel(logging.ERROR)

_ONE = threading.Lock()  # Pango's font maps are not for several threads at once

SHEET = """
@page { size: A4; margin: 37mm 26mm 35mm 28mm;
  @bottom-center { content: "— " counter(page) " —"; font: 14pt "宋体", "SimSun", "Noto Serif CJK SC", serif; vertical-align: top; padding-top: 7mm; } }
html { font-family: "仿宋_GB2312", "FangSong_GB2312", "仿宋", "FangSong", "Noto Serif CJK SC", "Noto Color Emoji", "Noto Emoji", "Symbola", serif;
  font-size: 16pt; line-height: 28pt; color: #000; }
body, p { margin: 0; }
p { orphans: 2; widows: 2; overflow-wrap: anywhere; }
.paper { hyphens: none; }
.paper table { width: 156mm; border-collapse: collapse; table-layout: fixed; }
.paper td { box-sizing: border-box; border: 0.75pt solid #000; padding: 0 2mm; vertical-align: middle; overflow-wrap: anywhere; }
.paper tr { break-inside: auto; }
.paper table { break-after: avoid; }
"""


def pdf_of_docx(content: bytes, title: str) -> bytes:
    """Return the PDF of a filled DOCX, made from its HTML twin."""
    return pdf_of_html(twin(content), title, SHEET)


def pdf_of_html(body: str, title: str, sheet: str) -> bytes:
    """Return the PDF of an HTML body under a style sheet. The same input, the same bytes."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    only_within = URLFetcher(allowed_protocols={"data"}, allow_redirects=False)
    page = f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(title)}</title><style>{sheet}</style></head><body>{body}</body></html>'
    mark = hashlib.sha256(page.encode("utf-8", "replace")).hexdigest()[:32].encode()
    with _ONE:
        made: Any = HTML(string=page, url_fetcher=only_within).write_pdf(
            pdf_identifier=mark, optimize_images=True, jpeg_quality=80, dpi=150
        )
    return bytes(made)
