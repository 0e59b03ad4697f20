// Which screen is shown: by the part of the address after #. Each screen is a function that fills <main>.

import * as api from "./api.js";
import { showCharge } from "./charge.js";
import { h, say } from "./dom.js";
import { showHistory } from "./history.js";
import { showReceipt } from "./receipt.js";
import { comeBack, signIn, SignedOut, signOut, token } from "./sign-in.js";
import { showStation, showStations } from "./stations.js";

const SCREENS = [
  [/^#\/stations\/([^/]+)\/([^/]+)\/([^/]+)$/, showStation],
  [/^#\/charges$/, showHistory],
  [/^#\/charges\/([^/]+)$/, showCharge],
  [/^#\/charges\/([^/]+)\/receipt$/, showReceipt],
  [/^/, showStations],
];

const main = document.getElementById("main");
const nav = document.getElementById("nav");
let config;
let left = new AbortController(); // what a screen still does ends when it is left

async function show() {
  left.abort();
  left = new AbortController();
  const { signal } = left;
  const signedIn = token() !== null;
  nav.hidden = !signedIn;
  for (const link of nav.querySelectorAll("a")) {
    const isHere = link.hash === (location.hash || "#/");
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (!signedIn) return welcome();
  const [pattern, screen] = SCREENS.find(([each]) => each.test(location.hash));
  const parts = location.hash.match(pattern).slice(1).map(decodeURIComponent);
  try {
    await screen({ main, config, signal, again: show, failed }, ...parts);
  } catch (error) {
    failed(error, signal);
  }
}

function welcome(problem) {
  document.title = config.name;
  main.className = "welcome";
  main.replaceChildren(
    h(
      "section",
      { class: "card hero" },
      h("img", { src: "icon.svg", alt: "", width: 72, height: 72 }),
      h("h1", {}, "Every charger. One tap."),
      h("p", { class: "soft" }, "See the price before you plug in. Start, watch and stop your charge from your phone."),
      problem ? h("p", { role: "alert", class: "problem" }, problem) : null,
      h("button", { type: "button", class: "main", click: () => signIn(config).catch((e) => welcome(e.message)) }, "Sign in"),
    ),
  );
}

/** What went wrong, for the driver; who is not signed in any more may sign in again. */
function failed(error, signal) {
  if (signal.aborted) return;
  if (error instanceof SignedOut) {
    nav.hidden = true;
    welcome("You have been signed out. Please sign in again.");
    return;
  }
  if (!(error instanceof api.Problem)) console.error(error);
  const text = error instanceof api.Problem ? error.message : "Something went wrong in this page.";
  main.replaceChildren(
    h(
      "section",
      { class: "card hero" },
      h("h1", {}, "That did not work"),
      h("p", { role: "alert", class: "problem" }, text),
      h("button", { type: "button", class: "main", click: show }, "Try again"),
      h("a", { href: "#/" }, "To the stations"),
    ),
  );
}

async function begin() {
  config = await (await fetch("config.json")).json();
  api.connect(config);
  document.getElementById("brand").textContent = config.name;
  document.getElementById("sign-out").addEventListener("click", () => {
    signOut();
    say("You are signed out");
    location.hash = "#/";
    show();
  });
  addEventListener("hashchange", () => {
    show();
    main.focus({ preventScroll: true });
    scrollTo(0, 0);
  });
  let problem;
  try {
    await comeBack(config);
  } catch (error) {
    problem = error.message;
  }
  if (problem) welcome(problem);
  else await show();
}

await begin();
