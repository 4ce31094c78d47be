// Makes what is shown. Everything goes through text nodes and properties, so data can never become markup, style or script.
import { number, upper, words } from "./words.js";

/** An element: attributes, `on…` listeners, `style` as an object, then children (nodes, text, lists; null is left out). */
export function el(name, attributes = {}, ...children) {
  const node = name === "svg" || el.svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value == null) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "style") for (const [property, set] of Object.entries(value)) node.style.setProperty(property, set);
    else if (key === "value") node.value = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child != null && child !== false).map((child) => (child instanceof Node ? child : String(child))));
  return node;
}

/** The same for a part of a drawing. */
export function draw(name, attributes, ...children) {
  el.svg = true;
  try {
    return el(name, attributes, ...children);
  } finally {
    el.svg = false;
  }
}

let count = 0;
export const fresh = (stem) => `${stem}-${++count}`;

/** A page's head: its name, one sentence on it, and what can be done here. */
export const head = (title, lead, ...actions) =>
  el("div", { class: "head" }, el("div", {}, el("h1", { tabindex: "-1" }, title), lead && el("p", { class: "lead" }, lead)), actions.length > 0 && el("div", { class: "actions" }, actions));

export const section = (title, ...content) => el("section", {}, el("h2", {}, title), ...content);
export const card = (...content) => el("div", { class: "card" }, ...content);
export const note = (...text) => el("p", { class: "note" }, ...text);
export const link = (href, ...text) => el("a", { href }, ...text);
export const cards = (...content) => el("div", { class: "cards" }, ...content);

/** A figure with its name above and a remark below. */
export const figure = (name, value, remark, href) =>
  el(href ? "a" : "div", { class: "card figure", href: href ?? false }, el("span", { class: "name" }, name), el("strong", {}, typeof value === "number" ? number(value) : value ?? "–"), remark && el("span", { class: "note" }, remark));

/** A word with a colour: good, warn, bad, or none. The word says it all; the colour only helps. */
export const badge = (text, tone = "") => el("span", { class: `badge ${tone}` }, text);

/** A customer segment with its own colour. */
export const segment = (name) => el("span", { class: `segment seg-${name || "none"}` }, name ? words(name) : "not placed");

/** What a page or section says where there is nothing yet. */
export const empty = (title, hint, ...actions) =>
  el("div", { class: "empty" }, el("p", { class: "title" }, title), hint && el("p", {}, hint), actions);

export const warning = (title, ...text) => el("div", { class: "card warning", role: "note" }, el("strong", {}, title), ...text);

/** A failure, in words, with what to do. */
export function failure(error, again) {
  const title = { 0: "The API does not answer", 403: "This is not for your role", 404: "There is no such thing", 412: "Somebody else changed it first", 409: "Somebody else was faster", 429: "Too many requests" }[error.status] ?? "That did not work";
  const further = (error.errors ?? []).filter((each) => !error.message.includes(each.problem));
  return el("div", { class: "card failure", role: "alert" }, el("strong", {}, title), el("p", {}, error.message),
    further.length > 0 && el("ul", {}, further.map((each) => el("li", {}, `${each.field}: ${each.problem}`))),
    again && el("button", { type: "button", class: "quiet", onclick: again }, "Try again"));
}

/**
 * A table. columns: {name, show(row), number?}, a column without a name is headed for screen readers only; rows; what to say where there are none.
 * On a phone rows become cards, each cell with its column's name.
 */
export function table(caption, columns, rows, nothing = empty("Nothing yet")) {
  if (rows.length === 0) return nothing;
  const cell = (column, row) => {
    const shown = column.show(row);
    return el("td", { class: column.number ? "n" : false, "data-name": column.name }, typeof shown === "number" ? number(shown) : shown ?? "");
  };
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    el("table", {}, el("caption", { class: "hidden" }, caption),
      el("thead", {}, el("tr", {}, columns.map((column) => el("th", { scope: "col", class: column.number ? "n" : false }, column.name || el("span", { class: "hidden" }, column.hidden ?? "What can be done"))))),
      el("tbody", {}, rows.map((row) => el("tr", {}, columns.map((column) => cell(column, row)))))));
}

/** Pairs of name and value. */
export const facts = (pairs) => el("dl", { class: "facts" }, pairs.filter(([, value]) => value != null && value !== "").map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));

/** A button that does something: it waits, and what fails is said beside it. */
export function action(label, does, { kind = "", ask, title } = {}) {
  const button = el("button", { type: "button", class: kind || false, title, onclick: async () => {
    if (ask && !(await confirm_(ask, label))) return;
    await busy(button, does);
  } }, label);
  return button;
}

/** Run something for a button or form: meanwhile it is disabled; a failure is shown after it, and told. */
export async function busy(control, does) {
  const button = control instanceof HTMLFormElement ? control.querySelector("button:not([type=button])") ?? control.querySelector("button") : control;
  const beside = button.closest("form, .actions, .card, li, section") ?? button.parentElement;
  beside.querySelector(":scope > .failure")?.remove();
  button.disabled = true;
  button.classList.add("busy");
  try {
    return await does();
  } catch (error) {
    if (error.name !== "AbortError") beside.append(failure(error));
    return undefined;
  } finally {
    button.disabled = false;
    button.classList.remove("busy");
  }
}

/** A labelled control. */
export function field(label, control, hint) {
  const id = (control.id ||= fresh("field"));
  const hintId = hint ? `${id}-hint` : false;
  if (hintId) control.setAttribute("aria-describedby", hintId);
  return el("div", { class: control.type === "checkbox" ? "field check" : "field" }, el("label", { for: id }, label), control, hint && el("p", { class: "note", id: hintId }, hint));
}

export const input = (name, value = "", more = {}) => el("input", { name, value, autocomplete: "off", ...more });
export const textarea = (name, value = "", more = {}) => el("textarea", { name, value, rows: 4, ...more });
export function select(name, options, chosen, more = {}) {
  const made = el("select", { name, ...more }, options.map((option) => {
    const [value, text] = Array.isArray(option) ? option : [option, upper(words(option))];
    return el("option", { value, selected: value === chosen }, text);
  }));
  if (chosen != null) made.value = chosen;
  return made;
}
export const check = (name, on, more = {}) => {
  const made = el("input", { type: "checkbox", name, ...more });
  made.checked = Boolean(on);
  return made;
};

/** A form: `does(values, form)` gets its fields by name. */
export function form(attributes, does, ...content) {
  const made = el("form", { novalidate: false, ...attributes, onsubmit: (event) => {
    event.preventDefault();
    busy(made, () => does(Object.fromEntries(new FormData(made)), made));
  } }, content);
  return made;
}

/** Links to the parts of a page; the one that is shown is marked. */
export const parts = (label, items, current) =>
  el("nav", { class: "parts", "aria-label": label }, items.map(([href, text]) => el("a", { href, "aria-current": href === current ? "page" : false }, text)));

/** Say something to everybody, seen at the foot of the page and heard by a screen reader. */
export function say(text) {
  const said = document.getElementById("said");
  said.textContent = text;
  said.classList.add("shown");
  clearTimeout(say.timer);
  say.timer = setTimeout(() => said.classList.remove("shown"), 6000);
}

/** Show something over the page until it is closed. */
export function overlay(title, ...content) {
  const box = el("dialog", { class: "wide", "aria-label": title, onclose: () => box.remove() }, el("div", { class: "head" }, el("h2", {}, title), el("button", { type: "button", class: "quiet small", onclick: () => box.close() }, "Close")), content);
  document.body.append(box);
  box.showModal();
}

/** Ask before something that cannot be undone. */
export function confirm_(question, label) {
  return new Promise((resolve) => {
    const box = el("dialog", { "aria-label": label, onclose: () => { box.remove(); resolve(box.returnValue === "yes"); } },
      el("form", { method: "dialog" }, el("p", {}, question),
        el("div", { class: "actions" }, el("button", { value: "no", class: "quiet" }, "Go back"), el("button", { value: "yes" }, label))));
    document.body.append(box);
    box.showModal();
  });
}

/** Something that comes later: a calm placeholder first, then what `load` gives, or its failure. */
export function later(load, height = "6rem") {
  const place = el("div", { class: "waiting", style: { "min-height": height }, "aria-busy": "true" });
  const begin = async () => {
    try {
      arrive([await load()].flat().filter(Boolean));
    } catch (error) {
      if (error.name !== "AbortError") arrive([failure(error)]);
    }
  };
  /** Take the place's place; what came before the page did stays in it. */
  const arrive = (nodes) => {
    if (place.parentNode) {
      place.replaceWith(...nodes);
      return;
    }
    place.className = "arrived";
    place.removeAttribute("aria-busy");
    place.style.removeProperty("min-height");
    place.replaceChildren(...nodes);
  };
  begin();
  return place;
}
