"""Writes of 巡查."""
