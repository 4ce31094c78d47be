// Segments: how many customers and how much value each holds in each division, who moved, and the rules with a preview of a draft.
import { call, get, may } from "../api.js";
import { bars, flows, strip } from "../chart.js";
import { action, card, el, empty, head, later, link, note, parts, say, section, segment, table } from "../dom.js";
import { day, money, number, percent, plural, sentence, upper, words } from "../words.js";

export async function page({ id: [part = "corporate", ...rest], query, signal }) {
  if (part === "rules") return rules(rest, query, signal);
  const { cycles } = await get("/cycles?limit=1", { signal });
  const title = "Segments";
  if (cycles.length === 0) return [head(title, "Where each customer stands: lifecycle, sub-segment and value tier, per division."), empty("No cycle has placed anybody yet", "Start one on the page Today."), el("p", {}, link("#segments/rules", "See the rules"))];
  const { report } = await get(`/cycles/${cycles[0].cycle_id}`, { signal });
  const divisions = ["corporate", ...Object.keys(report.segments).filter((d) => d !== "corporate")];
  const name = divisions.includes(part) ? part : "corporate";
  const counts = report.segments[name], values = report.value[name] ?? {}, total = Object.values(counts).reduce((a, b) => a + b, 0);
  const order = ["prospect", "new", "champion", "loyal", "promising", "newly_returning", "slipping", "at_risk", "lost_high_value", "lost"];
  const rows = Object.entries(counts).sort((a, b) => (order.indexOf(a[0]) + 99) % 99 - (order.indexOf(b[0]) + 99) % 99);
  const tiers = report.value_tiers[name] ?? {};
  const moves = report.movement.filter((m) => m.division === name && m.from && m.from !== m.to);
  return [
    head(title, `As of ${day(report.as_of)}, under rulebook ${report.rulebook}.`, el("a", { class: "button quiet", href: "#segments/rules" }, may("marketer", "approver") ? "Change the rules" : "See the rules")),
    parts("Divisions", divisions.map((d) => [`#segments/${d}`, d === "corporate" ? "All together" : upper(words(d))]), `#segments/${name}`),
    section(plural(total, "customer"), card(strip(rows.map(([each, value]) => ({ name: each, value, tone: `seg-${each}` })), `Customers by segment: ${rows.map(([each, value]) => `${words(each)} ${value}`).join(", ")}`)),
      el("div", { style: { "margin-top": "1rem" } }, table("Segments", [
        { name: "Segment", show: ([each]) => segment(each) }, { name: "Customers", number: true, show: ([, count]) => count }, { name: "Share", number: true, show: ([, count]) => percent(count / total) },
        { name: "Expected value", number: true, show: ([each]) => money(values[each] ?? 0) }, { name: "Per customer", number: true, show: ([each, count]) => money(Math.round((values[each] ?? 0) / Math.max(1, count))) },
        { name: "Came", number: true, show: ([each]) => moves.filter((m) => m.to === each).reduce((t, m) => t + m.customers, 0) }, { name: "Left", number: true, show: ([each]) => moves.filter((m) => m.from === each).reduce((t, m) => t + m.customers, 0) },
      ], rows))),
    section("Who moved", moves.length ? card(later(() => flows(moves, `Moves between segments in ${name}: ${moves.map((m) => `${m.customers} from ${words(m.from)} to ${words(m.to)}`).join(", ")}.`), "12rem")) : empty("Nobody moved here in this cycle")),
    moves.length > 0 && el("details", {}, el("summary", {}, "The moves as a table"), table("Moves", [{ name: "From", show: (m) => segment(m.from) }, { name: "To", show: (m) => segment(m.to) }, { name: "Customers", number: true, show: (m) => m.customers }, { name: "Expected value", number: true, show: (m) => money(m.value) }], moves)),
    section("Value tiers", card(bars(["high_performance", "high_potential", "standard", "below_zero"].map((tier) => ({ name: tier, label: sentence(tier), value: tiers[tier] ?? 0, tone: `seg-${tier}`, shown: `${number(tiers[tier] ?? 0)} · ${percent((tiers[tier] ?? 0) / Math.max(1, total))}` }))))),
  ];
}

const LISTS = [["lifecycle", "Lifecycle"], ["sub_segments.returning", "Returning customers"], ["sub_segments.lapsed", "Lapsed customers"], ["value_tiers", "Value tiers"]];
const at = (rules, path) => path.split(".").reduce((value, key) => value?.[key], rules);

async function rules(rest, query, signal) {
  const draft = query.get("draft");
  const [section_, { attributes }] = await Promise.all([get(`/rulebook/sections/population${draft ? `?draft=${draft}` : ""}`, { signal }), get("/attributes", { signal })]);
  const { editor } = await import("../editor.js");
  const value = structuredClone(section_.value), result = el("div", { class: "stack", "aria-live": "polite" });
  const writes = may("marketer", "approver", "engineer");
  const boxes = LISTS.map(([path, title]) => list(title, at(value, path), attributes, editor));
  return [
    head("Rules of the segments", "The first rule that is true places the customer; whoever no rule fits gets the last line.",
      writes && action("See who would move", () => preview(value, result), { kind: "quiet" }), writes && action("Keep as a draft", () => keep(value, draft))),
    result, el("div", { class: "stack" }, boxes), el("p", {}, link("#segments", "Back to the segments")),
  ];
}

function list(title, rules, attributes, editor) {
  const body = el("ol", { class: "plain lines" });
  let waiting = [];
  const draw = () => { waiting = []; body.replaceChildren(...rules.rules.map((rule, place) => {
    const told = el("p", { class: "note" });
    const area = editor(rule.criteria, attributes, `Criteria of ${words(rule.name)}`, () => {
      rule.criteria = area.value;
      told.setAttribute("aria-live", "polite");
      clearTimeout(area.timer);
      area.timer = setTimeout(() => judge(area, told), 500);
    });
    const swap = (other) => { [rules.rules[place], rules.rules[other]] = [rules.rules[other], rules.rules[place]]; draw(); };
    waiting.push(() => judge(area, told));
    return el("li", {}, el("div", { class: "head", style: { "margin-bottom": ".4rem" } }, el("h3", {}, segment(rule.name)), el("div", { class: "actions" },
      place > 0 && el("button", { type: "button", class: "quiet small", onclick: () => swap(place - 1) }, "Earlier", el("span", { class: "hidden" }, ` than before: ${words(rule.name)}`)),
      place < rules.rules.length - 1 && el("button", { type: "button", class: "quiet small", onclick: () => swap(place + 1) }, "Later", el("span", { class: "hidden" }, ` than before: ${words(rule.name)}`)))), area, told);
  })); setTimeout(count, 0); };
  /** Count one rule after the other, so that the page is there at once and the API is asked calmly. */
  async function count() {
    for (const ask of waiting.splice(0)) if (body.isConnected) await ask();
  }
  draw();
  return card(el("h2", {}, title), body, el("p", { class: "note", style: { "margin-top": ".75rem" } }, "Everybody else: ", segment(rules.default)));
}

async function judge(area, told) {
  const found = await call("POST", "/criteria/check", { criteria: area.value, division: "corporate", count: true }).catch((error) => ({ sound: false, problem: error.message, position: -1 }));
  if (!area.view) return; // the page was left meanwhile
  area.mark(found.sound ? "" : found.problem, found.position);
  told.className = found.sound ? "note" : "bad";
  told.textContent = found.sound ? (found.audience ? `True for ${plural(found.audience.holds, "customer")}, all divisions together.` : "Sound.") : found.problem.split("\n")[0] + (found.nearest ? ` Did you mean “${found.nearest}”?` : "");
}

async function preview(value, result) {
  const found = await call("POST", "/segments/preview", { population: value });
  const moves = found.shifts.filter((s) => s.division === "corporate").map((s) => ({ from: s.before, to: s.after, customers: s.customers, value: s.value }));
  const all = moves.reduce((total, m) => total + m.customers, 0);
  result.replaceChildren(section(`Preview: ${plural(all, "customer")} would move`, moves.length === 0 ? empty("Nobody would move", `The draft places all ${number(found.looked_at)} customers as the rules in force do.`)
    : card(later(() => flows(moves, `Who would move under the draft: ${moves.map((m) => `${m.customers} from ${words(m.from)} to ${words(m.to)}`).join(", ")}.`)), note(`All divisions together; ${number(found.looked_at)} of ${plural(found.customers, "customer")} looked at. Nothing has been changed.`))));
  result.scrollIntoView({ block: "nearest" });
}

async function keep(value, draft) {
  let id = draft;
  if (!id) ({ draft_id: id } = await call("POST", "/rulebook/drafts", { title: "Rules of the segments" }));
  const now = await get(`/rulebook/drafts/${id}`);
  await call("PUT", `/rulebook/drafts/${id}/sections/population`, { value }, { etag: now.etag_ });
  say("Kept as a draft. It changes nothing until it is approved and published.");
  location.hash = `#rulebook/drafts/${id}`;
}
