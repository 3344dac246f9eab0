"""The blueprint that all doors of units hang on."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("units", __name__)
