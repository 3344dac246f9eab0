"""Group ``map``: tiles, counts and the first useful map, against the bars of the product's speed."""

from bench.map.group import measures

__all__ = ["measures"]
