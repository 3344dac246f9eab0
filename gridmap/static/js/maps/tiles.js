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

/**
 * Have tiles that failed be asked for again when their source is next refreshed or changed. MapLibre 6.17 marks a failed vector
 * tile as under way at that moment (its PR 7911, made for pictures) and then waits for an answer that nobody was asked for;
 * a tile that no worker holds is asked for.
 */
export function askFailedTilesAgain(map) {
  map.on("error", ({ tile }) => {
    if (tile) delete tile.actor;
  });
}
