"""Writes of cases. Actions flush; the request commits."""

from gridmap.cases.actions.categories import load_categories
from gridmap.cases.actions.register import BorderQuestion, register_case

__all__ = ["BorderQuestion", "load_categories", "register_case"]
