// A rehearsal: what the coming days would bring under a draft, beside the rules in force.
import { bars, columns } from "./chart.js";
import { card, cards, el, figure, note, section, table } from "./dom.js";
import { money, number, plural, sentence, shortDay, words } from "./words.js";

const sum = (spent) => Object.values(spent ?? {}).reduce((all, one) => ({ contacts: all.contacts + one.contacts, cost: all.cost + one.cost }), { contacts: 0, cost: 0 });
const CHANNELS = ["email", "letter", "postcard", "sms", "next_contact"];

export function rehearsal(found) {
  const { before, after } = found, now = sum(before?.channels), then = sum(after.channels);
  const change = (a, b) => (before ? `${b >= a ? "+" : "−"}${number(Math.abs(b - a))} against the rules in force` : "");
  const names = after.days.map((d) => d.day);
  const used = CHANNELS.filter((channel) => after.days.some((d) => d.arriving[channel]));
  const triggers = [...new Set([...Object.keys(before?.triggers ?? {}), ...Object.keys(after.triggers)])].map((name) => ({ name, before: before?.triggers?.[name]?.contacts ?? 0, after: after.triggers[name]?.contacts ?? 0, cost: after.triggers[name]?.cost ?? 0 })).sort((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before) || b.after - a.after);
  const lost = Object.entries(after.lost ?? {}).flatMap(([trigger, reasons]) => Object.entries(reasons).map(([reason, count]) => ({ trigger, reason, count }))).sort((a, b) => b.count - a.count);
  return el("div", { class: "stack", id: "rehearsal" },
    section(`Rehearsal of ${plural(after.days.length, "day")}`, note(`On ${found.looked_at != null && found.looked_at < found.customers ? `${number(found.looked_at)} of ` : ""}${plural(found.customers ?? after.customers, "customer")} as they stand today. Nothing was sent or counted.`),
      cards(figure("Contacts", then.contacts, change(now.contacts, then.contacts)), figure("Cost", money(then.cost), before && `${money(now.cost)} under the rules in force`), figure("Candidates", after.candidates), figure("Customers with a contact", after.contacted))),
    used.length > 0 && section("Contacts per day", card(columns(names, used.map((channel) => ({ name: channel, tone: `k${CHANNELS.indexOf(channel) + 1}`, values: Object.fromEntries(after.days.map((d) => [d.day, d.arriving[channel] ?? 0])) })), { label: shortDay, describe: `Contacts per day over ${after.days.length} days, ${then.contacts} in all.` }))),
    section("By trigger", table("Contacts by trigger", [{ name: "Trigger", show: (t) => sentence(t.name) }, { name: "Now", number: true, show: (t) => t.before }, { name: "With the draft", number: true, show: (t) => t.after }, { name: "Change", number: true, show: (t) => (t.after === t.before ? "–" : `${t.after > t.before ? "+" : "−"}${number(Math.abs(t.after - t.before))}`) }, { name: "Cost", number: true, show: (t) => money(t.cost) }], triggers)),
    Object.keys(after.binding ?? {}).length > 0 && section("Rules that bind", card(note("How often a rule held a contact; one held on five days counts five times."), bars(Object.entries(after.binding).sort((a, b) => b[1] - a[1]).map(([name, value]) => ({ name, value, label: sentence(name) }))))),
    lost.length > 0 && el("details", {}, el("summary", {}, "Who loses what"), table("Candidates without a contact", [{ name: "Trigger", show: (l) => sentence(l.trigger) }, { name: "Because", show: (l) => sentence(l.reason) }, { name: "Candidates", number: true, show: (l) => l.count }], lost)),
    after.left_out?.length > 0 && note(`Not rehearsed, because nobody knows their events beforehand: ${after.left_out.map(words).join(", ")}.`));
}
