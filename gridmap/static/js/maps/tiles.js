// Changing where a source's tiles come from, without losing one.

/**
 * Give the vector source `name` new tile addresses. MapLibre keeps the content of tiles that were still on their way when the
 * addresses changed, so these are asked for again once they have arrived.
 */
export function setTiles(map, name, tiles) {
  const underWay = !map.isSourceLoaded(name);
  map.getSource(name).setTiles(tiles);
  if (!underWay) return;
  const arrived = () => {
    if (!map.getSource(name) || !map.isSourceLoaded(name)) return;
    map.off("sourcedata", arrived);
    map.refreshTiles(name);
  };
  map.on("sourcedata", arrived);
}
