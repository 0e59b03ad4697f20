// The map with the list of stations, and one station with what a charge costs there.

import * as api from "./api.js";
import { foreign, h, say } from "./dom.js";
import { map } from "./map.js";
import { distance, isRunning, money, plug, power, price, state, status } from "./words.js";

const RADII = [2000, 5000, 10_000, 20_000];

// What the driver looks for is kept from screen to screen.
const wish = { radius_m: 10_000, energy_kwh: 20, power_type: "", available: false, stopThere: false };
let point = null;
let shapes = null;
let found = [];
const keys = new Map(); // one Idempotency-Key for each wish that has no answer yet

async function around(config) {
  point ??= config.center;
  shapes ??= (await (await fetch("map.geojson")).json()).features;
  found = await api.stations({ ...point, ...wish });
}

export async function showStations(screen) {
  const { main, config, signal } = screen;
  document.title = `Stations – ${config.name}`;
  if (!found.length) waiting(main);
  const [running] = await Promise.all([runningCharge(), around(config)]);
  if (signal.aborted) return;
  main.className = "with-map";
  main.replaceChildren(
    h("section", { class: "panel", "aria-labelledby": "title" },
      running ? banner(running) : null,
      h("h1", { id: "title" }, "Stations near you"),
      filters(screen),
      h("p", { class: "soft count" }, found.length === 1 ? "1 station" : `${found.length} stations`),
      h("ul", { class: "stations" }, found.map((station) => h("li", {}, card(station)))),
      found.length ? null : h("p", { class: "empty" }, "No station fits. Try a wider circle or fewer filters."),
    ),
    mapPart(null),
  );
  say(`${found.length} stations`);
}

export async function showStation(screen, country_code, party_id, location_id) {
  const { main, config, signal } = screen;
  const place = { country_code, party_id, location_id };
  waiting(main);
  let [station] = await Promise.all([api.station(place, wish.energy_kwh), found.length ? null : around(config)]);
  if (signal.aborted) return;
  document.title = `${station.name ?? "Station"} – ${config.name}`;
  const problem = h("p", { role: "alert", class: "problem", hidden: true });
  const plugs = h("ul", { class: "plugs" });
  main.className = "with-map detail";
  main.replaceChildren(
    h("section", { class: "panel", "aria-labelledby": "title" },
      h("a", { class: "back", href: "#/" }, "All stations"),
      h("h1", { id: "title" }, foreign(station.name ?? "Station")),
      h("p", { class: "soft address" }, foreign([station.address, station.city].filter(Boolean).join(", "))),
      h("p", { class: "facts" }, freeBadge(station), openBadge(station), operator(station)),
      energyField(() => priceAgain()),
      h("label", { class: "check" },
        h("input", { type: "checkbox", checked: wish.stopThere, change: (e) => { wish.stopThere = e.target.checked; } }),
        "Stop by itself when that is reached"),
      problem,
      plugs,
      h("p", { class: "soft small" }, "An estimate, with tax where it is known. You pay for what you use."),
    ),
    mapPart(station),
  );
  const fill = () => {
    plugs.replaceChildren(...station.evses.flatMap((evse) => evse.connectors.map((each) => plugRow(screen, station, evse, each, problem))));
  };
  const priceAgain = async () => {
    const energy = wish.energy_kwh;
    try {
      const priced = await api.station(place, energy);
      if (signal.aborted || energy !== wish.energy_kwh) return; // the driver has moved on
      station = priced;
      fill();
    } catch (error) {
      screen.failed(error, signal);
    }
  };
  fill();
}

function plugRow(screen, station, evse, connector, problem) {
  const cost = h("strong", { class: "cost" }, (connector.price && price(connector.price)) ?? "Price not known");
  const energy = wish.energy_kwh;
  const free = evse.status === "AVAILABLE";
  const button = h("button", { type: "button", class: "main", disabled: !free, "aria-label": `Start charging, ${plug(connector)} ${power(connector)}, point ${evse.uid}` }, free ? "Start" : status(evse));
  button.addEventListener("click", async () => {
    button.disabled = true;
    problem.hidden = true;
    say("Starting");
    const limit = wish.stopThere ? { energy_kwh: wish.energy_kwh } : null;
    const wished = JSON.stringify([station.country_code, station.party_id, station.location_id, evse.uid, connector.id, limit]);
    if (!keys.has(wished)) keys.set(wished, crypto.randomUUID());
    try {
      const charge = await api.start(station, evse.uid, connector.id, limit, keys.get(wished));
      keys.delete(wished);
      location.hash = `#/charges/${encodeURIComponent(charge.id)}`;
    } catch (error) {
      if (!(error instanceof api.Problem)) return screen.failed(error, screen.signal);
      if (error.status >= 400 && error.status < 500) keys.delete(wished); // answered: the next tap is another wish
      problem.textContent = error.message;
      problem.hidden = false;
      button.disabled = false;
    }
  });
  return h("li", { class: "plug" },
    h("div", {},
      h("strong", {}, foreign(plug(connector))), " ", h("span", { class: "power" }, power(connector)),
      h("p", { class: "soft small" }, `Point `, foreign(evse.uid), ` · ${status(evse)}`)),
    h("div", { class: "price" }, cost, h("span", { class: "soft small" }, `for ${energy} kWh`)),
    button);
}

function card(station) {
  const prices = station.evses.flatMap((evse) => evse.connectors).map((each) => each.price).filter(Boolean);
  const cheapest = prices.map(({ retail, ...cpos }) => retail ?? cpos).map((each) => each.cost ?? each.least).filter(Boolean).sort((one, other) => amount(one) - amount(other))[0];
  const most = Math.max(0, ...station.evses.flatMap((evse) => evse.connectors).map((each) => each.max_power_w ?? 0));
  return h("a", { class: "card station", href: href(station) },
    h("span", { class: "name" }, foreign(station.name ?? station.location_id)),
    h("span", { class: "soft" }, foreign(station.address ?? ""), station.distance_m === null ? "" : ` · ${distance(station.distance_m)}`),
    h("span", { class: "row" },
      freeBadge(station),
      most ? h("span", { class: "badge" }, `up to ${most / 1000} kW`) : null,
      cheapest ? h("span", { class: "from" }, h("span", { class: "soft small" }, "from "), h("strong", {}, money(cheapest))) : null));
}

function mapPart(chosen) {
  const pins = found.filter((each) => each.latitude !== null && each.longitude !== null).map((station) => {
    const free = freeCount(station);
    return {
      ...station, free: free > 0, text: String(free), href: href(station),
      chosen: chosen !== null && href(chosen) === href(station),
      label: `${station.name ?? station.location_id}, ${free} of ${station.evses.length} free`,
    };
  });
  pins.sort((one, other) => one.chosen - other.chosen || other.latitude - one.latitude);
  const middle = chosen?.latitude && chosen?.longitude ? chosen : point;
  return h("section", { class: "map", "aria-label": "Map" },
    map({ ...place(middle), radius_m: chosen ? 3000 : wish.radius_m, me: chosen ? point : null }, shapes, pins),
    h("p", { class: "key", "aria-hidden": "true" }, h("span", { class: "free" }, "free"), h("span", { class: "taken" }, "in use or out of order")));
}

function filters({ again }) {
  const change = (name, value) => { wish[name] = value; again(); };
  const options = (chosen, pairs) => pairs.map(([value, text]) => h("option", { value, selected: value === chosen }, text));
  return h("form", { class: "filters", "aria-label": "Filters", submit: (e) => e.preventDefault() },
    h("label", {}, "Within", h("select", { id: "radius", change: (e) => change("radius_m", Number(e.target.value)) },
      options(wish.radius_m, RADII.map((each) => [each, `${each / 1000} km`])))),
    h("label", {}, "Plug", h("select", { id: "power", change: (e) => change("power_type", e.target.value) },
      options(wish.power_type, [["", "Any"], ["AC", "AC"], ["DC", "Fast (DC)"]]))),
    h("label", { class: "check" }, h("input", { id: "available", type: "checkbox", checked: wish.available, change: (e) => change("available", e.target.checked) }), "Free now"),
    energyField(() => again()));
}

/** How much the driver wants: the prices are for that. */
function energyField(changed) {
  const shown = h("output", { for: "energy" }, `${wish.energy_kwh} kWh`);
  return h("label", { class: "energy" },
    h("span", {}, "I need ", shown),
    h("input", {
      id: "energy", type: "range", min: 5, max: 60, step: 5, value: wish.energy_kwh, "aria-valuetext": `${wish.energy_kwh} kilowatt hours`,
      input: (e) => {
        shown.textContent = `${e.target.value} kWh`;
        e.target.setAttribute("aria-valuetext", `${e.target.value} kilowatt hours`);
      },
      change: (e) => { wish.energy_kwh = Number(e.target.value); changed(); },
    }));
}

async function runningCharge() {
  return (await api.latestCharges()).find(isRunning);
}

function banner(charge) {
  return h("a", { class: "card banner", href: `#/charges/${encodeURIComponent(charge.id)}` },
    h("span", { class: "pulse", "aria-hidden": "true" }), h("strong", {}, state(charge)[0]), h("span", {}, "See your charge"));
}

const freeCount = (station) => station.evses.filter((evse) => evse.status === "AVAILABLE").length;

function freeBadge(station) {
  const free = freeCount(station);
  return h("span", { class: `badge ${free ? "good" : "bad"}` }, `${free} of ${station.evses.length} free`);
}

function openBadge(station) {
  if (station.open_now === null || station.open_now === undefined) return null;
  return h("span", { class: `badge ${station.open_now ? "" : "bad"}` }, station.open_now ? "Open now" : "Closed now");
}

function operator(station) {
  const name = station.location?.operator?.name;
  return name ? h("span", { class: "badge" }, foreign(name)) : null;
}

const place = ({ latitude, longitude }) => ({ latitude, longitude });

const amount = (each) => Number(each.incl_vat ?? each.excl_vat);

const href = (station) => `#/stations/${[station.country_code, station.party_id, station.location_id].map(encodeURIComponent).join("/")}`;

function waiting(main) {
  main.className = "";
  main.replaceChildren(h("p", { class: "waiting" }, "One moment …"));
}
