// A driver's charge with the client that `make clients` writes, from the stations to the stop.
import { driverApi, type Schemas } from "driver-api-client";

declare const process: { argv: string[] };

const [url = "", token = "", latitude = "", longitude = ""] = process.argv.slice(2);
const api = driverApi(url, () => token, "hi");

function stationOf(found: Schemas["StationView"]): Schemas["AtStation"] {
  return { country_code: found.country_code, party_id: found.party_id, location_id: found.location_id };
}

async function until(charge_id: string, state: Schemas["State"]): Promise<Schemas["ChargeView"]> {
  for (;;) {
    const { data, error } = await api.GET("/charges/{charge_id}", { params: { path: { charge_id } } });
    if (error) throw new Error(error.detail);
    if (data.state === state) return data;
    if (data.state === "FAILED" || data.state === "TIMED_OUT") throw new Error(data.reason?.message);
    await new Promise((done) => setTimeout(done, 300));
  }
}

const near = { latitude: Number(latitude), longitude: Number(longitude), radius_m: 50_000, energy_kwh: 20 };
const { data: found, error } = await api.GET("/stations", { params: { query: { ...near, available: true } } });
if (error) throw new Error(error.detail);
const station = found.stations[0];
const evse = station?.evses.find((each) => each.status === "AVAILABLE");
const connector = evse?.connectors[0];
if (!station || !evse || !connector) throw new Error("no station is available");

const estimate = await api.POST("/estimates", {
  body: { station: stationOf(station), evse_uid: evse.uid, connector_id: connector.id, energy_kwh: 20 },
});
const header = { "Idempotency-Key": crypto.randomUUID() };
const started = await api.POST("/charges", {
  params: { header },
  body: {
    station: stationOf(station),
    evse_uid: evse.uid,
    connector_id: connector.id,
    limit: { energy_kwh: 500 },
  },
});
if (started.error) throw new Error(started.error.detail);
const { id } = started.data;
await until(id, "CHARGING");
await api.POST("/charges/{charge_id}/stop", { params: { path: { charge_id: id } } });
const finished = await until(id, "FINISHED");
const others = await api.GET("/charges/{charge_id}", { params: { path: { charge_id: "of-another" } } });

console.log(
  JSON.stringify({
    priced: connector.price?.cost?.incl_vat,
    estimated: estimate.data?.cost?.incl_vat,
    location: started.response.headers.get("Location"),
    id,
    limit: finished.limit,
    state: finished.state,
    refused: others.error?.type,
    said: others.error?.message,
  }),
);
