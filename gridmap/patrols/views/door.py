"""The blueprint of the feature."""

from flask import Blueprint

blueprint = Blueprint("patrols", __name__)
