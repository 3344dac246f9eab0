from bench.cases.group import measures

__all__ = ["measures"]
