"""The blueprint of the feature."""

from flask import Blueprint

blueprint = Blueprint("analysis", __name__)
