"""The blueprint of the feature."""

from flask import Blueprint

blueprint = Blueprint("field", __name__)
