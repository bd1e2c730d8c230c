"""Exact area of a union of discs, clipped to a polygon, cumulative over passes and for many depths."""

from .discs import union_area, union_area_table

__all__ = ["union_area", "union_area_table"]
