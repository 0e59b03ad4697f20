// Elements. What others wrote (station names come from CPOs) gets in as text or as an attribute, never as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** An element: h("p", {class: "soft"}, "text", child). An attribute that is null or false is left out; one that is a
 * function is a listener. */
export function h(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Text of a stranger: whatever direction its letters have, the text around it keeps its own. */
export const foreign = (text) => h("bdi", {}, text);

/** Said to who listens instead of looking. */
export function say(text) {
  document.getElementById("said").textContent = text;
}
