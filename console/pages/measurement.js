// Measurement: what the contacts brought, treated against held out, and when customers tire.
import { get } from "../api.js";
import { badge, card, draw, el, empty, head, note, parts, section, table } from "../dom.js";
import { day, money, number, percent, plural, sentence, words } from "../words.js";

const LEVELS = [["overall", "Overall"], ["division", "Divisions"], ["segment", "Segments"], ["trigger", "Triggers"]];
const MONEY = ["revenue", "margin"];

export async function page({ id: [level = "overall"], signal }) {
  const found = await get("/measurement?horizon=90&days=365", { signal });
  const arms = found.arms.filter((each) => each.level === level);
  return [
    head("Measurement", `Customers who were contacted against those who were held out by chance, within ${plural(found.horizon, "day")}, as of ${day(found.as_of)}. A difference counts where its whole interval lies on one side of nothing.`),
    parts("Level", LEVELS.map(([name, text]) => [`#measurement/${name}`, text]), `#measurement/${level}`),
    arms.length ? el("div", { class: "stack" }, arms.map((each) => arm(each, found.currency))) : empty("Nothing to compare yet", "There must be customers in both groups whose horizon has passed."),
    found.fatigue.length > 0 && section("When customers tire", note("Response and opt-out by the number of contacts before the first cycle of the period."), fatigue("Fatigue of all customers", found.fatigue.filter((f) => f.segment === "all")),
      el("details", {}, el("summary", {}, "Segment by segment"), fatigue("Fatigue by segment", found.fatigue.filter((f) => f.segment !== "all")))),
  ];
}

const fatigue = (caption, rows) => table(caption, [
      { name: "Contacts", number: true, show: (f) => f.contacts }, { name: "In days", number: true, show: (f) => f.days }, { name: "Segment", show: (f) => words(f.segment) }, { name: "Customers", number: true, show: (f) => f.customers },
      { name: "Responded", number: true, show: (f) => percent(f.responded / Math.max(1, f.customers), 1) }, { name: "Opted out", number: true, show: (f) => percent(f.opted_out / Math.max(1, f.customers), 1) },
], rows);

function arm(each, currency) {
  const shown = (name, value) => (MONEY.includes(name) ? money(Math.round(value), currency) : percent(value, 1));
  const rows = Object.entries(each.outcomes).filter(([, lift]) => lift);
  return card(el("h2", {}, each.level === "overall" ? "All contacts" : sentence(each.name)),
    note(`${number(each.ratio.treated)} treated, ${number(each.ratio.held_out)} held out; ${number(each.contacted)} contacted.`, each.ratio.chance < 0.001 ? " The groups are not of the sizes they should be: do not trust this." : ""),
    table("Outcomes", [
      { name: "Outcome", show: ([name]) => sentence(name) }, { name: "Treated", number: true, show: ([name, l]) => shown(name, l.treated) }, { name: "Held out", number: true, show: ([name, l]) => shown(name, l.held_out) },
      { name: "Difference", number: true, show: ([name, l]) => shown(name, l.difference) }, { name: "95 % interval", show: ([name, l]) => el("span", { class: "nowrap" }, `${shown(name, l.low)} to ${shown(name, l.high)}`) }, { name: "", show: ([, l]) => interval(l), hidden: "The interval as a picture" },
      { name: "Verdict", show: ([, l]) => el("span", { title: l.why }, badge(words(l.word), l.low > 0 ? "good" : l.high < 0 ? "bad" : "")) },
    ], rows, note("No outcome to compare yet.")));
}

function interval({ low, high, difference }) {
  const most = Math.max(Math.abs(low), Math.abs(high), 1e-9) * 1.1, x = (value) => 60 + (56 * value) / most;
  return draw("svg", { viewBox: "0 0 120 18", width: 120, height: 18, "aria-hidden": "true" }, draw("line", { class: "axis", x1: 60, x2: 60, y1: 1, y2: 17 }), draw("line", { class: `stroke k${low > 0 || high < 0 ? 1 : 2}`, x1: x(low), x2: x(high), y1: 9, y2: 9 }), draw("circle", { class: `fill k${low > 0 || high < 0 ? 1 : 2}`, cx: x(difference), cy: 9, r: 3.5 }));
}
