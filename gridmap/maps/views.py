"""Doors of maps."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("maps", __name__)
