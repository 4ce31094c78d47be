// Pressure: the calendar of planned contacts, the rules that bind, who hears much and who hears nothing, and the contact law itself.
import { get, maybe } from "../api.js";
import { bars, columns } from "../chart.js";
import { badge, card, cards, el, empty, facts, figure, head, link, note, parts, section, table } from "../dom.js";
import { learn, named } from "../names.js";
import { day, money, number, percent, plural, sentence, shortDay, words } from "../words.js";

const PARTS = [["#pressure", "Calendar"], ["#pressure/people", "People"], ["#pressure/rules", "The contact law"]];
const CHANNELS = ["email", "letter", "postcard", "sms", "next_contact"];
const iso = (date) => date.toISOString().slice(0, 10);

export async function page({ id: [part, shift = "0"], signal }) {
  if (part === "people") return people(signal);
  if (part === "rules") return law(signal);
  return calendar(Number(shift) || 0, signal);
}

async function calendar(shift, signal) {
  const today = new Date(), first = new Date(Date.UTC(today.getFullYear(), today.getMonth(), today.getDate() - ((today.getDay() + 6) % 7) - 7 + 28 * shift)), last = new Date(first.getTime() + 41 * 86_400_000);
  const [found] = await Promise.all([get(`/pressure/calendar?from=${iso(first)}&to=${iso(last)}`, { signal }), learn()]);
  const dates = Array.from({ length: 42 }, (_, at) => iso(new Date(first.getTime() + at * 86_400_000)));
  const by = new Map();
  const list_ = together(found);
  for (const each of list_) (by.get(each.day) ?? by.set(each.day, []).get(each.day)).push(each);
  const sum = (list) => (list ?? []).reduce((total, each) => total + each.contacts, 0);
  const most = Math.max(1, ...dates.map((d) => sum(by.get(d)))), all = sum(list_);
  const used = CHANNELS.filter((channel) => list_.some((each) => each.channel === channel));
  const weekdays = dates.slice(0, 7).map((d) => new Intl.DateTimeFormat(navigator.language, { weekday: "short" }).format(new Date(`${d}T12:00:00`)));
  return [
    head("Pressure", `Contacts by the day on which they count: what the latest ${found.cycles.length > 1 ? `${found.cycles.length} cycles` : "cycle"} planned, and all that waits now.${found.complete ? "" : " More waits than is shown."}`, link(`#pressure/calendar/${shift - 1}`, "Four weeks earlier"), shift !== 0 && link("#pressure", "Today"), link(`#pressure/calendar/${shift + 1}`, "Four weeks later")),
    parts("Pressure", PARTS, "#pressure"),
    section(`${day(dates[0])} to ${day(dates[41])}: ${plural(all, "contact")}`, el("ol", { class: "calendar" }, weekdays.map((name) => el("li", { class: "head", "aria-hidden": "true" }, name)), dates.map((date) => {
      const list = by.get(date), count = sum(list), channels = CHANNELS.map((c) => [c, sum(list?.filter((each) => each.channel === c))]).filter(([, n]) => n);
      return el("li", { class: date === iso(today) ? "today" : false, style: { "--heat": String(count ? 0.15 + (0.85 * count) / most : 0) } }, el("time", { datetime: date }, el("span", { class: "month" }, shortDay(date)), el("span", { class: "date", "aria-hidden": "true" }, String(Number(date.slice(8))))), count > 0 && el("strong", {}, number(count)), el("span", { class: "hidden" }, channels.map(([c, n]) => `${n} ${words(c)}`).join(", ") || "no contact"));
    }))),
    all > 0 && section("By channel", card(columns(dates, used.map((channel) => ({ name: channel, tone: `k${CHANNELS.indexOf(channel) + 1}`, values: Object.fromEntries(dates.map((d) => [d, sum(by.get(d)?.filter((each) => each.channel === channel))])) })), { label: shortDay, describe: `Contacts per day and channel from ${dates[0]} to ${dates[41]}, ${all} in all.` }))),
    el("div", { class: "two" },
      section("By trigger", triggers(list_)),
      section("Rules that bind", binding(found.binding))),
  ];
}

/** Contacts by day, channel, division and trigger. What a cycle planned may wait still, so the two lists overlap: the larger counts. */
export function together({ planned, waiting }) {
  const by = new Map(), key = (each) => [each.day, each.channel, each.division, each.trigger].join(" ");
  for (const each of [...planned, ...waiting]) if (each.contacts > (by.get(key(each))?.contacts ?? 0)) by.set(key(each), each);
  return [...by.values()];
}

const CONTROL = ["global_control", "trigger_control"];
const LAW = ["permission_withdrawn", "permission_never_given", "objection", "open_case", "address_closed", "no_address", "deceased", "gone_away", "under_age", "erased", "restricted"];
/** What kept candidates back, by rule: caps and gaps by their own names, the law's other reasons as words; control groups are no rule that binds. */
function binding(found) {
  const sums = new Map();
  for (const each of found.filter(({ reason }) => !CONTROL.includes(reason))) {
    const label = LAW.includes(each.reason) || !each.rule ? sentence(each.reason) : sentence(each.rule.replaceAll(".", ": "));
    sums.set(label, (sums.get(label) ?? 0) + each.candidates);
  }
  const rows = [...sums].sort((a, b) => b[1] - a[1]).slice(0, 12);
  return card(rows.length ? [bars(rows.map(([name, value]) => ({ name, label: name, value }))), note("Candidates that each kept from their contact in the latest cycles, without those of the control groups.")] : note("No rule kept anybody back in the latest cycles."));
}

function triggers(days) {
  const sums = {};
  for (const each of days) sums[each.trigger] = (sums[each.trigger] ?? 0) + each.contacts;
  const rows = Object.entries(sums).sort((a, b) => b[1] - a[1]).slice(0, 12);
  return card(rows.length ? bars(rows.map(([name, value]) => ({ name, value, label: link(`#triggers/${name}`, named(name)) }))) : note("No contact in these weeks."));
}

async function people(signal) {
  const found = await maybe("/pressure/people", null, { signal });
  if (!found) return [head("Pressure on people", "How many contacts customers had in the last 30 days."), parts("Pressure", PARTS, "#pressure/people"), empty("Nothing is counted yet", "The first cycle counts the contacts of everybody.")];
  const buckets = Object.entries(found.buckets).map(([contacts, customers]) => ({ contacts, customers })), all = buckets.reduce((total, b) => total + b.customers, 0);
  return [head("Pressure on people", `How many contacts customers had in the 30 days before the cycle of ${day(found.cycle_id.slice(0, 10))}; what came later is counted by the next cycle.`), parts("Pressure", PARTS, "#pressure/people"),
    cards(figure("Customers", all), figure("Without any contact", buckets.find((b) => b.contacts === "0")?.customers ?? 0, "in 30 days"), figure("Forgotten", found.forgotten, "nothing for 90 days, though a channel is open"), figure("Most contacts", Math.max(0, ...found.most.map((m) => m.contacts_30d)), "one customer, 30 days")),
    section("Contacts in 30 days", card(bars(buckets.map((b) => ({ name: b.contacts, label: `${b.contacts} ${b.contacts === "1" ? "contact" : "contacts"}`, value: b.customers, shown: `${number(b.customers)} · ${percent(b.customers / Math.max(1, all), 1)}` }))))),
    section("Who hears most", table("Most contacted customers", [{ name: "Customer", show: (m) => link(`#customer/${m.customer_id}`, el("code", {}, m.customer_id)) }, { name: "30 days", number: true, show: (m) => m.contacts_30d }, { name: "90 days", number: true, show: (m) => m.contacts_90d }], found.most, empty("Nobody was contacted before that cycle"))),
  ];
}

async function law(signal) {
  const { version: inForce, policies: p } = await get("/policies", { signal });
  const window = (c) => (c.rolling_days ? `any ${plural(c.rolling_days, "day")}` : c.calendar ? `one calendar ${c.calendar}` : "");
  const some = (list) => (list?.length && !list.includes("*") ? list : null), joined = (list) => some(list)?.map(words).join(", ");
  const scope = (c) => [joined(c.channels), joined(c.categories) && `category ${joined(c.categories)}`, joined(c.divisions) && `division ${joined(c.divisions)}`, c.per && c.per !== "customer" && `per ${words(c.per)}`].filter(Boolean).join("; ") || "all contacts";
  const hour = (time) => String(time).slice(0, 5);
  return [head("The contact law", `Rulebook ${inForce}. All rules must hold for a contact to be reserved, and once more when it leaves.`), parts("Pressure", PARTS, "#pressure/rules"),
    section("Caps", table("Caps", [{ name: "Rule", show: (c) => sentence(c.id) }, { name: "At most", number: true, show: (c) => c.at_most }, { name: "Counted", show: (c) => (c.count === "weight" ? "by weight" : "contacts") }, { name: "In", show: window }, { name: "For", show: scope }], p.caps)),
    section("Gaps", table("Gaps", [{ name: "Rule", show: (g) => sentence(g.id) }, { name: "Days", number: true, show: (g) => g.days }, { name: "After", show: (g) => words(g.after) }, { name: "For", show: scope }], p.gaps)),
    section("Quiet times", card(facts([...Object.entries(p.channels).filter(([, c]) => c.quiet_hours).map(([name, c]) => [sentence(name), `${hour(c.quiet_hours.start)} to ${hour(c.quiet_hours.until)}, in the customer’s zone`]), ...p.blackouts.map((b) => [sentence(b.id), b.first === b.last ? day(b.first) : `${day(b.first)} to ${day(b.last)}`])]))),
    section("Categories", note("Exempt ones skip caps, still count in the figures, and are named by an approver. Permission is another matter and holds for all."), table("Categories", [{ name: "Category", show: (c) => c[1].label || sentence(c[0]) }, { name: "Caps", show: (c) => (c[1].exempt ? badge("exempt", "warn") : "") }, { name: "Approved by", show: (c) => c[1].approver ?? "" }], Object.entries(p.categories))),
    section("Where nobody was asked", table("Defaults of permission", [{ name: "Purposes", show: (d) => joined(d.purposes) || "all" }, { name: "Channels", show: (d) => joined(d.channels) || "all" }, { name: "Countries", show: (d) => (d.countries?.length > 4 ? el("span", { title: d.countries.join(", ") }, plural(d.countries.length, "country", "countries")) : some(d.countries)?.join(", ") || "all") }, { name: "Rule", show: (d) => words(d.rule) }, { name: "Because", show: (d) => d.reason }], p.permission_defaults)),
    section("Other figures", card(facts([["Global control group", percent(p.global_control, 1)], ["Youngest age", plural(p.minimum_age, "year")], ["Zone where none is known", p.default_zone], ["Oldest snapshot that decides", plural(p.snapshot_days, "day")], ...Object.entries(p.channels).map(([name, c]) => [`Cost of a contact by ${words(name)}`, money(c.cost ?? 0)])]))),
  ];
}
