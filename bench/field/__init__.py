"""Phones of grid workers: what they send, many at once, and while the server is killed."""

from bench.field.group import measures

__all__ = ["measures"]
