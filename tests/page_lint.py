"""Every page a test fetches is also looked over: valid HTML, title = h1, labels, nonces, ids once, nothing from elsewhere."""

from __future__ import annotations

import re
from typing import Any

import html5lib
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

NS = "{http://www.w3.org/1999/xhtml}"
# What html5lib reports for SVG <use> and void elements is no fault of ours.
FORGIVEN = {"non-void-element-with-trailing-slash"}
ELSEWHERE = re.compile(r"""(?:src|href|action)=["'](?:https?:)?//(?!127\.0\.0\.1|localhost)""")


class LintingClient(FlaskClient):
    """A test client that refuses a page it would not show to a customer."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send the request; look over the answer when it is a page."""
        response = super().open(*args, **kwargs)
        if response.mimetype == "text/html" and response.status_code != 302:
            text = response.get_data(as_text=True)
            faults = page_faults(text) if text.lstrip().lower().startswith("<!doctype") else []
            assert not faults, f"{response.request.path}: {faults}"
        return response


def page_faults(text: str) -> list[str]:
    """Return what is wrong with a page."""
    parser = html5lib.HTMLParser()
    document = parser.parse(text)
    faults = [f"HTML {place}: {code}" for place, code, _ in parser.errors if code not in FORGIVEN]
    return faults + _heading(document) + _fields(document) + _scripts(document, text)


def _text(element: Any) -> str:
    return "".join(element.itertext()).strip()


def _heading(document: Any) -> list[str]:
    title = _text(document.find(f".//{NS}title"))
    headings = [_text(h) for h in document.iter(f"{NS}h1")]
    return [] if headings == [title] else [f"title {title!r} is not the one h1 {headings!r}"]


def _fields(document: Any) -> list[str]:
    labelled = {label.get("for") for label in document.iter(f"{NS}label")}
    wrapped = {id(f) for label in document.iter(f"{NS}label") for f in label.iter()}
    faults = []
    for tag in ("input", "select", "textarea"):
        for f in document.iter(f"{NS}{tag}"):
            named = f.get("id") in labelled or id(f) in wrapped or f.get("aria-label") or f.get("aria-labelledby")
            if f.get("type") not in ("hidden", "submit", "button") and not named:
                faults.append(f"<{tag} name={f.get('name')!r}> has no label")
    for button in document.iter(f"{NS}button"):
        if not _text(button) and not button.get("aria-label"):
            faults.append("a button says nothing")
    ids = [e.get("id") for e in document.iter() if e.get("id")]
    return faults + [f"id {i!r} stands twice" for i in {i for i in ids if ids.count(i) > 1}]


def _scripts(document: Any, text: str) -> list[str]:
    faults = [
        f"script {s.get('src')!r} has no nonce"
        for s in document.iter(f"{NS}script")
        if not s.get("nonce") and s.get("type") != "application/json"
    ]
    faults += [f"style attribute on <{e.tag.replace(NS, '')}>" for e in document.iter() if e.get("style")]
    faults += ["an address outside the server"] if ELSEWHERE.search(text) else []
    language = next(document.iter(f"{NS}html")).get("lang") if document.tag != f"{NS}html" else document.get("lang")
    return faults + ([] if language == "zh-CN" else [f"lang is {language!r}"])
