// A charge while it runs: its state, energy, time and cost. It asks again when the API says so (Retry-After).

import * as api from "./api.js";
import { foreign, h, say, svg } from "./dom.js";
import { clock, isRunning, kwh, minutes, money, state } from "./words.js";

const FULL_KWH = 40; // of the ring, where there is no limit
const AROUND = 2 * Math.PI * 88;

export async function showCharge({ main, config, signal, failed }, id) {
  let timer = null;
  let said = "";
  signal.addEventListener("abort", () => clearTimeout(timer));

  const look = async () => {
    clearTimeout(timer);
    try {
      const { charge, again } = await api.charge(id);
      const name = await api.nameOf(charge.station);
      if (signal.aborted) return;
      draw(charge, name);
      if (isRunning(charge) || !charge.receipt_ready) timer = setTimeout(look, (again ?? 5) * 1000);
    } catch (error) {
      if (signal.aborted) return;
      // A phone in a basement has no connection for a while: the charge goes on all the same.
      if (error instanceof api.Problem && (error.status === 0 || error.status >= 500 || error.status === 429)) {
        say(error.message);
        timer = setTimeout(look, (error.retryAfter ?? 5) * 1000);
      } else failed(error, signal);
    }
  };

  const stop = async (button, problem) => {
    button.disabled = true;
    problem.hidden = true;
    try {
      await api.stop(id);
      await look();
    } catch (error) {
      if (!(error instanceof api.Problem)) return failed(error, signal);
      problem.textContent = error.message;
      problem.hidden = false;
      button.disabled = false;
    }
  };

  const draw = (charge, name) => {
    const [word, sentence] = state(charge);
    document.title = `${word} – ${config.name}`;
    if (said !== charge.state) say(`${word}. ${charge.reason?.message ?? sentence}`);
    said = charge.state;
    const problem = h("p", { role: "alert", class: "problem", hidden: true });
    const focused = document.activeElement?.id;
    main.className = "one";
    main.replaceChildren(
      h("section", { class: `card charge ${charge.state.toLowerCase()}`, "aria-labelledby": "title" },
        h("p", { class: "soft" }, foreign(name)),
        h("h1", { id: "title" }, word),
        h("p", { class: "sentence" }, charge.reason?.message ?? sentence),
        ring(charge),
        h("dl", { class: "figures" },
          h("div", {}, h("dt", {}, "Time"), h("dd", {}, minutes(charge.minutes))),
          h("div", {}, h("dt", {}, charge.price ? "You pay" : "Cost"), h("dd", { id: "cost" }, money(charge.price ?? charge.cost) ?? "–")),
          h("div", {}, h("dt", {}, "Point"), h("dd", {}, foreign(charge.evse_uid ?? "–")))),
        problem,
        actions(charge, (button) => stop(button, problem)),
        charge.updated_at ? h("p", { class: "soft small" }, `Last news from the station at ${clock(charge.updated_at)}.`) : null));
    if (focused) document.getElementById(focused)?.focus();
  };

  const actions = (charge, stopped) => {
    const stopper = h("button", { type: "button", id: "stop", class: "main danger", click: (e) => stopped(e.currentTarget) }, "Stop charging");
    return h("p", { class: "actions" },
      charge.state === "CHARGING" || charge.state === "STOPPING" ? stopper : null,
      charge.receipt_ready ? h("a", { class: "main", id: "receipt", href: `#/charges/${encodeURIComponent(id)}/receipt` }, "See the receipt") : null,
      isRunning(charge) ? h("button", { type: "button", id: "refresh", class: "quiet", click: look }, "Update now") : null,
      isRunning(charge) ? null : h("a", { class: "quiet", href: "#/" }, "To the stations"));
  };

  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); }, { signal });
  await look();
}

function ring(charge) {
  const full = charge.limit?.energy_kwh ?? FULL_KWH;
  const part = Math.min(1, (charge.kwh ?? 0) / full);
  const energy = kwh(charge.kwh);
  const [number, unit] = energy.split(" ");
  return h("div", { class: "ring" },
    svg("svg", { viewBox: "0 0 200 200", "aria-hidden": "true" },
      svg("circle", { class: "track", cx: 100, cy: 100, r: 88 }),
      svg("circle", { class: "part", cx: 100, cy: 100, r: 88, "stroke-dasharray": `${part * AROUND} ${AROUND}`, transform: "rotate(-90 100 100)" })),
    h("p", { id: "energy" }, h("strong", {}, number), " ", h("span", {}, unit)),
    charge.limit?.energy_kwh ? h("p", { class: "soft small" }, `of ${charge.limit.energy_kwh} kWh`) : null);
}
