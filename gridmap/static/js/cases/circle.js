/** Return a GeoJSON polygon: a circle of `radius` metres around a point (WGS-84 degrees), good for radii of a few kilometres. */
export function circle(lon, lat, radius, corners = 48) {
  const up = radius / 111_320;
  const across = up / Math.cos((lat * Math.PI) / 180);
  const ring = Array.from({ length: corners + 1 }, (_, corner) => {
    const angle = (2 * Math.PI * corner) / corners;
    return [lon + across * Math.cos(angle), lat + up * Math.sin(angle)];
  });
  return { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } };
}
