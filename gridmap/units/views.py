"""Doors of units."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("units", __name__)
