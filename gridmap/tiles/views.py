"""Doors of tiles."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("tiles", __name__)
