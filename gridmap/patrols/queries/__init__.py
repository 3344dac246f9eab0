"""Reads of 巡查; every one begins with who asks."""
