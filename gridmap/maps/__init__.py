"""The door 防控地图."""
