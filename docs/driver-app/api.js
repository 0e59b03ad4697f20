// The API for drivers: its calls, its problems (RFC 9457), its ETags and its Retry-After.

import { SignedOut, signOut, token } from "./sign-in.js";

/** A refusal. `message` is for the driver. */
export class Problem extends Error {
  constructor(told, retryAfter) {
    super(told.message);
    this.type = told.type;
    this.status = told.status;
    this.retryAfter = retryAfter;
  }
}

let url = "";
const seen = new Map(); // by path: {etag, charge}
const names = new Map(); // by station: its name

export function connect(config) {
  url = config.api;
}

async function call(method, path, { body, headers = {} } = {}) {
  const jwt = token();
  if (!jwt) throw new SignedOut();
  let response;
  try {
    response = await fetch(url + path, {
      method,
      cache: "no-store",
      headers: {
        Authorization: `Bearer ${jwt}`,
        ...(body ? { "Content-Type": "application/json" } : {}),
        ...headers,
      },
      body: body ? JSON.stringify(body) : null,
    });
  } catch {
    throw new Problem({ message: "No connection. Please try again.", status: 0 });
  }
  if (response.status === 401) {
    signOut();
    throw new SignedOut();
  }
  const retryAfter = Number(response.headers.get("Retry-After")) || null;
  if (response.status === 304) return { response, retryAfter };
  const told = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new Problem({ message: "That did not work. Please try again.", status: response.status, ...told }, retryAfter);
  }
  return { response, retryAfter, told };
}

export async function stations({ latitude, longitude, radius_m, energy_kwh, power_type, available }) {
  const asked = new URLSearchParams({ latitude, longitude, radius_m, energy_kwh, limit: 50 });
  if (power_type) asked.set("power_type", power_type);
  if (available) asked.set("available", "true");
  const { told } = await call("GET", `/stations?${asked}`);
  for (const station of told.stations) names.set(key(station), station.name);
  return told.stations;
}

/** With `energy_kwh`, each connector has the price of such a charge. */
export async function station(place, energy_kwh = null) {
  const path = [place.country_code, place.party_id, place.location_id].map(encodeURIComponent).join("/");
  const { told } = await call("GET", `/stations/${path}${energy_kwh ? `?energy_kwh=${energy_kwh}` : ""}`);
  names.set(key(told), told.name);
  return told;
}

/** A charge names its station by ids; a station that is gone has its id for a name. */
export async function nameOf(place) {
  if (!place) return "A station";
  if (!names.has(key(place))) {
    try {
      await station(place);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      names.set(key(place), place.location_id);
    }
  }
  return names.get(key(place)) ?? place.location_id;
}

/** `idempotencyKey` stands for one wish: sent again with it, the charge is started once. */
export async function start(place, evse_uid, connector_id, limit, idempotencyKey) {
  const body = { station: idsOf(place), evse_uid, connector_id, ...(limit ? { limit } : {}) };
  return (await call("POST", "/charges", { body, headers: { "Idempotency-Key": idempotencyKey } })).told;
}

/** {charge, again}: `again` is after how many seconds to ask again, null for a charge that is over. */
export async function charge(id) {
  const path = `/charges/${encodeURIComponent(id)}`;
  const last = seen.get(path);
  const { response, retryAfter, told } = await call("GET", path, {
    headers: last ? { "If-None-Match": last.etag } : {},
  });
  if (response.status !== 304) seen.set(path, { etag: response.headers.get("ETag"), charge: told });
  return { charge: seen.get(path).charge, again: retryAfter };
}

export async function stop(id) {
  return (await call("POST", `/charges/${encodeURIComponent(id)}/stop`)).told;
}

export async function receipt(id) {
  return (await call("GET", `/charges/${encodeURIComponent(id)}/receipt`)).told;
}

/** Of the last 90 days, the newest first. */
export async function charges() {
  const found = [];
  let next = null;
  for (let page = 0; page < 20; page += 1) {
    const asked = new URLSearchParams({ limit: 100, ...(next ? { next } : {}) });
    const { told } = await call("GET", `/charges?${asked}`);
    found.push(...told.charges);
    next = told.next;
    if (!next) break;
  }
  return found;
}

/** The newest ones, among which the running one is. */
export async function latestCharges() {
  return (await call("GET", "/charges?limit=10")).told.charges;
}

const key = (place) => [place.country_code, place.party_id, place.location_id].join("*");

const idsOf = ({ country_code, party_id, location_id }) => ({ country_code, party_id, location_id });
