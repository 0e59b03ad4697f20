// What a charge came to: the lines of its CDRs and credits, and what is to pay.

import * as api from "./api.js";
import { foreign, h } from "./dom.js";
import { currency, day, kwh, minutes, money, part } from "./words.js";

export async function showReceipt({ main, config, signal }, id) {
  const receipt = await api.receipt(id);
  const { charge } = receipt;
  const name = await api.nameOf(charge.station);
  if (signal.aborted) return;
  document.title = `Receipt – ${config.name}`;
  main.className = "one";
  main.replaceChildren(
    h("section", { class: "card receipt", "aria-labelledby": "title" },
      h("h1", { id: "title" }, "Receipt"),
      h("p", { class: "to-pay" }, money(receipt.to_pay) ?? "–"),
      h("dl", { class: "facts-list" },
        fact("Station", foreign(name)),
        fact("Point", foreign(charge.evse_uid ?? "–")),
        fact("From", charge.started_at ? day(charge.started_at) : "–"),
        fact("Until", charge.ended_at ? day(charge.ended_at) : "–"),
        fact("Energy", kwh(charge.kwh)),
        fact("Time", minutes(charge.minutes))),
      receipt.lines.map(table),
      h("p", { class: "actions" },
        h("button", { type: "button", class: "main", click: () => print() }, "Print"),
        h("a", { class: "quiet", href: "#/charges" }, "My charges"))));
}

const fact = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));

function table(line) {
  const sign = (text) => (line.is_credit ? `– ${text}` : text);
  const row = (name, amount) => h("tr", {}, h("th", { scope: "row" }, name), cell(amount, "excl_vat", sign), cell(amount, "incl_vat", sign));
  return h("table", {},
    h("caption", {}, line.is_credit ? "Credit " : "Charge detail record ", foreign(line.cdr_id)),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "For"), h("th", { scope: "col" }, "Without tax"), h("th", { scope: "col" }, "With tax"))),
    h("tbody", {}, Object.entries(line.parts).map(([name, amount]) => row(part(name), amount))),
    line.total ? h("tfoot", {}, row("Total", line.total)) : null);
}

const cell = (amount, name, sign) => h("td", {}, amount[name] ? sign(currency(amount[name], amount.currency)) : "–");
