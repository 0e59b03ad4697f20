// A map of offline shapes: an SVG of what map.geojson draws and of the stations around a point. No tiles, no network.

import { svg } from "./dom.js";

const METRES_PER_DEGREE = 111_320;

/** Around a point of which `radius_m` are shown; `me` is where the driver is, if not there. `shapes` are GeoJSON
 * features with `kind` (water, park, road, street, place). `pins` are {latitude, longitude, href, label, text, free,
 * chosen}. */
export function map({ latitude, longitude, radius_m, me }, shapes, pins) {
  const size = matchMedia("(max-width: 820px)").matches ? 620 : 1000; // a small screen shows pins and names larger
  const half = size / 2;
  const perMetre = half / (radius_m * 1.08);
  const east = METRES_PER_DEGREE * Math.cos((latitude * Math.PI) / 180) * perMetre;
  const north = METRES_PER_DEGREE * perMetre;
  const at = ([lon, lat]) => [(lon - longitude) * east + half, (latitude - lat) * north + half];
  const [x, y] = me ? at([me.longitude, me.latitude]) : [half, half];
  return svg(
    "svg",
    { viewBox: `0 0 ${size} ${size}`, preserveAspectRatio: "xMidYMid slice", role: "group", "aria-label": "Map of stations" },
    svg("g", { "aria-hidden": "true" }, shapes.map((shape) => drawn(shape, at))),
    svg(
      "g",
      { class: "me", "aria-hidden": "true" },
      me ? null : svg("circle", { class: "within", cx: x, cy: y, r: radius_m * perMetre }),
      svg("circle", { class: "halo", cx: x, cy: y, r: 26 }),
      svg("circle", { class: "dot", cx: x, cy: y, r: 11 }),
    ),
    pins.map((pin) => pinned(pin, at([pin.longitude, pin.latitude]))),
  );
}

function drawn({ geometry, properties }, at) {
  if (geometry.type === "Point") {
    const [x, y] = at(geometry.coordinates);
    return svg("text", { class: "place", x, y }, properties.name);
  }
  const closed = geometry.type === "Polygon"; // its last point is its first again
  const points = closed ? geometry.coordinates[0].slice(1) : geometry.coordinates;
  return svg("path", { class: properties.kind, d: smooth(points.map(at), closed) });
}

/** A curve through the middles of the lines, so that few points make a soft shape. */
function smooth(points, closed) {
  const rounded = points.map((point) => point.map((each) => each.toFixed(1)));
  if (points.length < 3) return `M${rounded.join("L")}`;
  const middle = (one, other) => [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2].map((each) => each.toFixed(1));
  let path = `M${closed ? middle(points.at(-1), points[0]) : rounded[0]}`;
  points.forEach((point, i) => {
    const next = points[i + 1] ?? (closed ? points[0] : null);
    if (closed || (i > 0 && next)) path += `Q${rounded[i]} ${middle(point, next)}`;
  });
  return closed ? `${path}Z` : `${path}L${rounded.at(-1)}`;
}

function pinned(pin, [x, y]) {
  return svg(
    "a",
    {
      href: pin.href,
      class: `pin ${pin.free ? "free" : "taken"} ${pin.chosen ? "chosen" : ""}`,
      transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`,
      "aria-label": pin.label,
      "aria-current": pin.chosen ? "true" : null,
    },
    svg("circle", { class: "shadow", cx: 0, cy: 3, r: 9 }),
    svg("path", { class: "drop", d: "M0 0C-8-16-26-24-26-46a26 26 0 1 1 52 0C26-24 8-16 0 0z" }),
    svg("text", { x: 0, y: -37, "aria-hidden": "true" }, pin.text),
  );
}
