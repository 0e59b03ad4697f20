// The driver's charges of the last 90 days, the newest first.

import * as api from "./api.js";
import { foreign, h } from "./dom.js";
import { day, kwh, money, state } from "./words.js";

export async function showHistory({ main, config, signal }) {
  const charges = await api.charges();
  const names = await Promise.all(charges.map((charge) => api.nameOf(charge.station)));
  if (signal.aborted) return;
  document.title = `My charges – ${config.name}`;
  main.className = "one";
  main.replaceChildren(
    h("section", { "aria-labelledby": "title" },
      h("h1", { id: "title" }, "My charges"),
      h("p", { class: "soft" }, "Of the last 90 days."),
      charges.length ? null : h("p", { class: "card empty" }, "You have not charged yet. ", h("a", { href: "#/" }, "Find a station")),
      h("ul", { class: "history" }, charges.map((charge, i) => h("li", {}, card(charge, names[i]))))));
}

function card(charge, name) {
  const path = `#/charges/${encodeURIComponent(charge.id)}`;
  return h("a", { class: "card", href: charge.receipt_ready ? `${path}/receipt` : path },
    h("span", { class: "row" }, h("span", { class: "name" }, foreign(name)), h("strong", {}, money(charge.price ?? charge.cost) ?? "")),
    h("span", { class: "row soft" }, h("span", {}, charge.started_at ? day(charge.started_at) : "Just now"), h("span", {}, charge.kwh === null ? "" : kwh(charge.kwh))),
    h("span", { class: "row" }, h("span", { class: `badge ${charge.state.toLowerCase()}` }, state(charge)[0]), charge.receipt_ready ? h("span", { class: "link" }, "Receipt") : null));
}
