"""Rules of 巡查: pure functions over plain values."""
