import { call, signedIn, signIn, signOut } from "./api.js";

const page = document.getElementById("page");
const nav = document.querySelector("nav");

// Everything that is shown goes through text nodes, so data can never become markup.
function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...children.flat().filter((child) => child != null).map((child) => (child instanceof Node ? child : String(child))));
  return node;
}
const show = (...nodes) => page.replaceChildren(...nodes);
const money = (minor) => (minor / 100).toLocaleString(undefined, { minimumFractionDigits: 2 });
const day = (text) => (text ? new Date(text).toLocaleString() : "");
const table = (heads, rows, empty) =>
  rows.length === 0 ? el("p", { class: "quiet" }, empty)
    : el("div", { class: "card" }, el("table", {},
        el("thead", {}, el("tr", {}, heads.map((head, at) => el("th", { scope: "col", class: typeof rows[0][at] === "number" ? "n" : false }, head)))),
        el("tbody", {}, rows.map((row) => el("tr", {}, row.map((cell) => el("td", typeof cell === "number" ? { class: "n" } : {}, cell)))))));

function signInPage() {
  const form = el("form", { onsubmit: async (event) => {
    event.preventDefault();
    const said = form.querySelector("[role=alert]");
    said.textContent = "";
    try {
      await signIn(form.elements.name.value, form.elements.password.value);
      location.hash = "#today";
    } catch (error) {
      said.textContent = error.message;
    }
  } },
    el("label", {}, "User name", el("input", { name: "name", autocomplete: "username", required: true })),
    el("label", {}, "Password", el("input", { name: "password", type: "password", autocomplete: "current-password", required: true })),
    el("button", {}, "Sign in"),
    el("p", { class: "bad", role: "alert" }));
  show(el("h1", {}, "Sign in"), form);
}

async function todayPage() {
  const { cycles } = await call("GET", "/cycles");
  if (cycles.length === 0) return show(el("h1", {}, "Today"), el("p", { class: "quiet" }, "No cycle has run yet. Drop files and start one."));
  const { cycle_id: id } = cycles[0];
  const { status, report } = await call("GET", `/cycles/${id}`);
  const decisions = report?.decisions ?? {};
  const divisions = Object.keys(report?.segments ?? {});
  const segments = [...new Set(divisions.flatMap((d) => Object.keys(report.segments[d])))].sort();
  const card = (name, value, note = "") => el("div", { class: "card" }, name, el("b", {}, value ?? "–"), el("span", { class: "quiet" }, note));
  show(
    el("h1", {}, `Cycle ${id}`),
    el("div", { class: "cards" },
      card("State", status), card("Customers", report?.customers?.counted), card("Moves", report?.moves),
      card("Proposed", decisions.proposed, `${decisions.reserved ?? 0} reserved, ${decisions.held ?? 0} held, ${decisions.suppressed ?? 0} suppressed, ${decisions.control ?? 0} control`)),
    el("h2", {}, "Why not"),
    table(["Reason", "Candidates"], Object.entries(decisions.reasons ?? {}).sort((a, b) => b[1] - a[1]), "Nothing was held or suppressed."),
    el("h2", {}, "Segments"),
    table(["Segment", ...divisions], segments.map((segment) => [segment, ...divisions.map((d) => report.segments[d][segment] ?? 0)]), "Nobody is placed yet."),
    ...(report?.alarms?.length ? [el("h2", {}, "Look at"), el("ul", {}, report.alarms.map((alarm) => el("li", {}, alarm)))] : []));
}

async function customerPage(id) {
  const form = el("form", { class: "row", onsubmit: async (event) => {
    event.preventDefault();
    const said = form.querySelector("[role=alert]");
    try {
      const wanted = form.elements.what.value.trim();
      if (/^c[a-z0-9]{20,40}$/.test(wanted)) { location.hash = `#customer/${wanted}`; return; }
      const body = wanted.includes("@") ? { email: wanted } : wanted.startsWith("+") || /^[\d ()-]{7,}$/.test(wanted) ? { phone: wanted } : { loyalty_no: wanted };
      const { customers } = await call("POST", "/customers/find", body);
      if (customers.length === 0) said.textContent = "Nobody found by that.";
      else if (customers.length === 1) location.hash = `#customer/${customers[0]}`;
      else said.replaceChildren("Several: ", ...customers.map((c) => el("a", { href: `#customer/${c}` }, `${c.slice(0, 9)}… `)));
    } catch (error) { said.textContent = error.message; }
  } }, el("label", {}, "E-mail, phone, loyalty number or customer id", el("input", { name: "what", size: 34, required: true })), el("button", {}, "Find"), el("p", { class: "bad", role: "alert" }));
  if (!id) return show(el("h1", {}, "Customer"), form);
  const [found, why] = await Promise.all([call("GET", `/customers/${id}`), call("GET", `/customers/${id}/explain`)]);
  const value = (field) => found.values[field]?.value ?? "";
  show(form, el("h1", {}, `${value("given_name")} ${value("surname")}`.trim() || found.customer_id),
    ...(found.privacy.length ? [el("p", { class: "bad" }, `Privacy: ${found.privacy.join(", ")}`)] : []),
    el("h2", {}, "Segments"),
    table(["Division", "Lifecycle", "Segment", "Tier", "RFM", "Value"], Object.entries(found.segments).map(([d, s]) => [d, s.lifecycle, s.sub_segment, s.value_tier, s.scores, money(s.value)]), "No cycle has placed this customer yet."),
    el("h2", {}, "Why and why not"),
    table(["When", "Trigger", "Outcome", "Because"], why.decisions.map((d) => [day(d.at), d.trigger, d.outcome, d.sentence]), "No decision yet."),
    el("h2", {}, "Contacts"),
    table(["When", "Trigger", "Channel", "State"], found.contacts.map((c) => [day(c.at), c.trigger, c.channel, c.state]), "Never contacted."),
    el("h2", {}, "What we know, and from where"),
    table(["Field", "Value", "Source", "File", "Line"], Object.entries(found.values).map(([f, v]) => [f, String(v.value), v.source, v.file, v.line]), "Nothing."),
    el("h2", {}, "Permissions"),
    table(["Purpose", "Channel", "Division", "Stands", "Since"], found.permissions.map((p) => [p.purpose, p.channel, p.division, p.status, day(p.when)]), "Never asked."),
    el("h2", {}, "Timeline"),
    table(["When", "What", "Source", "Facts"], found.timeline.items.map((i) => [day(i.when), i.kind, i.source, el("code", {}, Object.entries(i.facts).map(([k, v]) => `${k}: ${typeof v === "object" ? JSON.stringify(v) : v}`).join(", "))]), "Empty."));
}

async function sourcesPage() {
  const { sources } = await call("GET", "/sources");
  const lists = await Promise.all(sources.map((name) => call("GET", `/sources/${name}/files`)));
  show(el("h1", {}, "Sources"), ...lists.flatMap(({ source, files }) => [el("h2", {}, source),
    table(["File", "Outcome", "In", "Loaded", "Unchanged", "Quarantined", "Reason"], files.map((f) => {
      const rows = f.rows ?? {};
      return [f.key.split("/").slice(1).join("/"), f.outcome, rows.in ?? 0, rows.loaded ?? 0, rows.unchanged ?? 0, rows.quarantined ?? 0, f.text || f.reason];
    }), "No file yet.")]));
}

async function route() {
  const [name, id] = location.hash.slice(1).split("/");
  nav.hidden = !signedIn();
  for (const link of nav.querySelectorAll("a")) link.toggleAttribute("aria-current", link.hash === `#${name || "today"}`);
  if (!signedIn()) return signInPage();
  show(el("p", { class: "quiet" }, "Loading …"));
  try {
    await ({ customer: () => customerPage(id), sources: sourcesPage }[name] ?? todayPage)();
  } catch (error) {
    show(el("h1", {}, "That did not work"), el("p", { class: "bad" }, error.message));
  }
  page.focus();
}

document.getElementById("sign-out").addEventListener("click", () => { signOut(); route(); });
addEventListener("hashchange", route);
route();
