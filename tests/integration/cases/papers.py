"""Reading papers of cases in tests, and making them as the queue does."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import docx
import pypdf
from sqlalchemy import select

from gridmap.cases.actions import make_document
from gridmap.cases.models import CaseDocument

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def words_of(pdf: bytes) -> str:
    """Return the text of a PDF without blanks: lines break where the page does."""
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages))


def words_of_docx(content: bytes) -> str:
    """Return the text of a DOCX, tables too, without blanks."""
    document = docx.Document(io.BytesIO(content))
    return re.sub(
        r"\s", "", "".join(part.text or "" for part in document.element.body.iter() if part.tag.endswith("}t"))
    )


def make_all(owner: Callable[[], Any]) -> list[CaseDocument]:
    """Do what the queue does for every paper that waits."""
    with owner() as session:
        papers = list(session.scalars(select(CaseDocument).order_by(CaseDocument.id)))
        for paper in papers:
            make_document(session, paper, now=NOW)
    return papers


def deferred(connection: Any) -> list[dict[str, Any]]:
    connection.exec_driver_sql("reset role")
    rows = connection.exec_driver_sql(
        "select args from procrastinate_jobs where task_name = 'cases.document' order by id"
    )
    return [row[0] for row in rows]
