"""Vector tiles, TileJSON and the counts behind the choropleth."""
