// Numbers, money and OCPI's words as a driver reads them.

const LANGUAGE = "en-IN";

/** {currency, excl_vat, incl_vat} with decimal strings. With tax where that is known. */
export function money(amount) {
  if (!amount) return null;
  const value = amount.incl_vat ?? amount.excl_vat;
  const text = currency(value, amount.currency);
  return amount.incl_vat ? text : `${text} + tax`;
}

export function currency(value, code) {
  try {
    return new Intl.NumberFormat(LANGUAGE, { style: "currency", currency: code }).format(value);
  } catch {
    return `${value} ${code ?? ""}`.trim(); // no currency that the browser knows
  }
}

/** Of a charge that is not begun: what the driver pays by a price plan, else the operator's price. */
export function price(estimate) {
  const told = estimate?.retail ?? estimate;
  if (!told) return null;
  if (told.cost) return money(told.cost);
  if (told.least && told.most) return `${money(told.least)} to ${money(told.most)}`;
  return told.least ? `from ${money(told.least)}` : null;
}

export function kwh(value) {
  return `${new Intl.NumberFormat(LANGUAGE, { minimumFractionDigits: 1, maximumFractionDigits: 2 }).format(value ?? 0)} kWh`;
}

export function minutes(value) {
  if (value === null || value === undefined) return "–";
  const hours = Math.floor(value / 60);
  return hours ? `${hours} h ${value % 60} min` : `${value} min`;
}

export function distance(metres) {
  return metres < 1000 ? `${Math.round(metres / 10) * 10} m` : `${(metres / 1000).toFixed(1)} km`;
}

export function day(text) {
  return new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));
}

export function clock(text) {
  return new Intl.DateTimeFormat(LANGUAGE, { timeStyle: "medium" }).format(new Date(text));
}

const PLUGS = {
  IEC_62196_T2_COMBO: "CCS2",
  IEC_62196_T1_COMBO: "CCS1",
  IEC_62196_T2: "Type 2",
  IEC_62196_T1: "Type 1",
  CHADEMO: "CHAdeMO",
  GBT_DC: "GB/T DC",
  GBT_AC: "GB/T AC",
  IEC_60309_2_single_16: "Industrial 16 A",
  DOMESTIC_D: "Domestic D",
  DOMESTIC_M: "Domestic M",
};

export function plug(connector) {
  return PLUGS[connector.standard] ?? connector.standard ?? "Plug";
}

export function power(connector) {
  const kind = String(connector.power_type ?? "").startsWith("DC") ? "DC" : "AC";
  if (!connector.max_power_w) return kind;
  return `${(connector.max_power_w / 1000).toLocaleString(LANGUAGE, { maximumFractionDigits: 1 })} kW ${kind}`;
}

const STATUSES = {
  AVAILABLE: "Free",
  CHARGING: "In use",
  BLOCKED: "Blocked",
  RESERVED: "Reserved",
  OUTOFORDER: "Out of order",
  INOPERATIVE: "Not in service",
  PLANNED: "Planned",
  REMOVED: "Removed",
};

export const status = (evse) => STATUSES[evse.status] ?? "State unknown";

const STATES = {
  STARTING: ["Starting", "Plug in the cable. The station is starting."],
  CHARGING: ["Charging", "Your car is charging."],
  STOPPING: ["Stopping", "The station is stopping."],
  FINISHED: ["Finished", "Unplug the cable. Have a good drive."],
  STOPPED_AT_LIMIT: ["Finished at your limit", "Your limit was reached. Unplug the cable."],
  FAILED: ["Not started", "This charge did not start."],
  TIMED_OUT: ["Not started", "The station did not answer."],
};

/** A short word and a sentence. */
export const state = (charge) => STATES[charge.state] ?? [charge.state, ""];

export const isRunning = (charge) => ["STARTING", "CHARGING", "STOPPING"].includes(charge.state);

const PARTS = {
  total_fixed_cost: "Fixed fee",
  total_energy_cost: "Energy",
  total_time_cost: "Charging time",
  total_parking_cost: "Parking after charging",
  total_reservation_cost: "Reservation",
};

export const part = (name) => PARTS[name] ?? name.replaceAll("_", " ");
