// The console's frame: who is signed in, which pages that person has, and the page that the address names.
import { Problem, may, signedIn, signOut, who } from "./api.js";
import { el, failure } from "./dom.js";
import { upper, words } from "./words.js";

const RULES = ["marketer", "approver", "engineer"];
const PEOPLE = ["agent", "dealer", "marketer", "privacy_officer", "engineer"];
/** Group -> pages: [name, title, roles that have it]. The API decides what may be done; this only leaves out what it would refuse. */
const PAGES = [
  ["", [["today", "Today", RULES], ["customer", "Customer", PEOPLE]]],
  ["Rules", [
    ["segments", "Segments", RULES], ["triggers", "Triggers", [...RULES, "agent"]], ["pressure", "Pressure", RULES],
    ["messages", "Messages", RULES], ["blocks", "Dealer blocks", ["dealer", "marketer", "approver"]], ["rulebook", "Rulebook", RULES]]],
  ["Work", [
    ["mailings", "Mailings", RULES], ["sources", "Sources", [...RULES, "source"]], ["measurement", "Measurement", RULES],
    ["matches", "Possible matches", ["agent", "privacy_officer", "engineer"]], ["unknown", "Unknown contacts", ["approver", "engineer"]],
    ["privacy", "Privacy", ["privacy_officer"]]]],
];
const page = document.getElementById("page");
const side = document.getElementById("side");
const top_ = document.getElementById("top");
const menu = document.getElementById("menu");
let leaving = new AbortController();

const mine = () => PAGES.map(([group, list]) => [group, list.filter(([, , roles]) => may(...roles))]).filter(([, list]) => list.length > 0);
const home = () => mine()[0]?.[1][0]?.[0] ?? "none";

function frame(current) {
  top_.hidden = side.hidden = !signedIn();
  document.body.classList.toggle("signed-in", signedIn());
  if (!signedIn()) return;
  const me = who();
  side.replaceChildren(
    el("a", { class: "brand", href: `#${home()}` }, el("span", { class: "mark", "aria-hidden": "true" }), "Courtesy"),
    ...mine().map(([group, list]) => el("div", { class: "group" }, group && el("p", {}, group),
      el("ul", {}, list.map(([name, title]) => el("li", {}, el("a", { href: `#${name}`, "aria-current": name === current ? "page" : false }, title)))))),
    el("div", { class: "me" }, el("p", {}, el("strong", {}, me.name.split("@").flatMap((part, at) => (at ? [el("wbr"), `@${part}`] : [part]))), el("span", { class: "note" }, upper(me.roles.map(words).join(", ") || "no role"))),
      el("button", { type: "button", class: "quiet", onclick: () => { signOut(); location.hash = ""; route(); } }, "Sign out")));
}

function show(nodes, title) {
  page.replaceChildren(...[nodes].flat(Infinity).filter(Boolean));
  document.title = `${title ?? page.querySelector("h1")?.textContent ?? "Console"} · Courtesy`;
}

/** A part of the address as it was meant; as it stands where its percent signs mean nothing. */
function plain(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

async function route(event) {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const [path, query] = location.hash.slice(1).split("?");
  const [name, ...rest] = path.split("/").map(plain);
  const known = PAGES.flatMap(([, list]) => list);
  const wanted = !signedIn() ? "sign-in" : known.some(([each]) => each === name) ? name : name ? "none" : home();
  frame(wanted);
  menu.setAttribute("aria-expanded", "false");
  side.classList.remove("open");
  const slow = setTimeout(() => show(el("div", { class: "waiting page", "aria-busy": "true" }, el("span", { class: "hidden" }, "Loading")), known.find(([each]) => each === wanted)?.[1]), 180);
  try {
    if (wanted === "none") throw new Problem(name ? 404 : 403, { detail: name ? `The console has no page “${name}”.` : "Nobody gave you a role yet. Ask whoever runs this installation." });
    const { page: make } = await import(`./pages/${wanted}.js`);
    const made = await make({ id: rest, query: new URLSearchParams(query), signal, again: () => route() });
    if (signal.aborted) return;
    clearTimeout(slow);
    show(made);
  } catch (error) {
    clearTimeout(slow);
    if (signal.aborted || error.name === "AbortError") return;
    show([el("h1", { tabindex: "-1" }, wanted !== "none" ? upper(words(wanted)) : name ? "No such page" : "No role yet"), failure(error, () => route())]);
  }
  page.dataset.ready = wanted;
  if (event) (page.querySelector("h1") ?? page).focus({ preventScroll: false });
}

menu.addEventListener("click", () => menu.setAttribute("aria-expanded", String(side.classList.toggle("open"))));
addEventListener("hashchange", (event) => { delete page.dataset.ready; route(event); });
addEventListener("signed-out", () => route());
route();
