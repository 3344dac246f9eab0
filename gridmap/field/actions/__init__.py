"""Writes of the phone app."""
