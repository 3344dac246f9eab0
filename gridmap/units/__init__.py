"""区划与网格: tree, outlines, versions, import."""
