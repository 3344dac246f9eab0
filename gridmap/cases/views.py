"""Doors of cases."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("cases", __name__)
