"""The first sheet of an .xlsx file as rows of texts: ECMA-376 SpreadsheetML, as far as a plain table needs it. No formulas are run."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree as Xml

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
MOST_UNPACKED = 60 * 1024 * 1024
MOST_COLUMNS = 200


class NoSheet(ValueError):
    """The file is no such table, or broken."""


class TooLarge(ValueError):
    """The file unfolds too far."""


def first_sheet(content: bytes, most_rows: int) -> list[list[str]]:
    """Return at most ``most_rows`` rows of the first sheet, cells as texts (a date is its serial number).

    Raises ``NoSheet`` or ``TooLarge``.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if sum(part.file_size for part in parts.infolist()) > MOST_UNPACKED:
                raise TooLarge
            shared = _shared(parts)
            return _rows(_part(parts, _sheet_name(parts)), shared, most_rows)
    except (
        zipfile.BadZipFile,
        KeyError,
        IndexError,
        Xml.ParseError,
        NotImplementedError,
        RuntimeError,
        EOFError,
    ) as fault:
        raise NoSheet from fault


def _part(parts: zipfile.ZipFile, name: str) -> Xml.Element:
    """Return a part; one that declares a document type, which no spreadsheet program writes, is refused."""
    text = parts.read(name)
    if b"<!DOCTYPE" in text[:4096]:
        raise NoSheet
    return Xml.fromstring(text)  # noqa: S314 - no document type, so no entities; expat 2.4 bounds what is left


def _sheet_name(parts: zipfile.ZipFile) -> str:
    book = _part(parts, "xl/workbook.xml")
    first = book.find(f"{MAIN}sheets/{MAIN}sheet")
    if first is None:
        raise NoSheet
    links = _part(parts, "xl/_rels/workbook.xml.rels")
    target = next(link.attrib["Target"] for link in links if link.attrib.get("Id") == first.attrib[LINK])
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _shared(parts: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in parts.namelist():
        return []
    return [_text(item) for item in _part(parts, "xl/sharedStrings.xml").iter(f"{MAIN}si")]


def _text(item: Xml.Element) -> str:
    """Return the runs of a text, without the reading aids (rPh) beside them."""
    runs = [item, *item.iter(f"{MAIN}r")]
    return "".join(part.text or "" for run in runs for part in run.findall(f"{MAIN}t"))


def _rows(sheet: Xml.Element, shared: list[str], most_rows: int) -> list[list[str]]:
    found: list[list[str]] = []
    for row in sheet.iter(f"{MAIN}row"):
        at = int(row.attrib.get("r") or len(found) + 1)
        if len(found) > most_rows or at > most_rows + 2:
            break
        found += [[] for _ in range(at - 1 - len(found))]
        line: list[str] = []
        for column, text in _cells(row, shared):
            line += [""] * (column - len(line))
            line[column:] = [text]
        found.append(line)
    return found


def _cells(row: Xml.Element, shared: list[str]) -> Iterator[tuple[int, str]]:
    following = 0
    for cell in row.findall(f"{MAIN}c"):
        column = _column(cell.attrib.get("r", ""), following)
        following = column + 1
        if column >= MOST_COLUMNS:
            return
        value, kind = cell.find(f"{MAIN}v"), cell.attrib.get("t", "n")
        if kind == "inlineStr":
            held = cell.find(f"{MAIN}is")
            yield column, _text(held) if held is not None else ""
        elif value is not None and value.text:
            yield column, shared[int(value.text)] if kind == "s" else value.text


def _column(name: str, otherwise: int) -> int:
    """Return the place of a column, from 0, by its name: A, B, … Z, AA."""
    letters = re.match(r"[A-Z]{1,3}", name)
    if letters is None:
        return otherwise
    number = 0
    for letter in letters[0]:
        number = number * 26 + ord(letter) - 64
    return number - 1
