"""Doors of the phone app."""

from gridmap.field.views import package, phones, shell, sync
from gridmap.field.views.door import blueprint

__all__ = ["blueprint", "package", "phones", "shell", "sync"]
