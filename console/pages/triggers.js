// Triggers: the standing rules that propose contacts; one of them; and the way to change it.
import { get, may } from "../api.js";
import { badge, card, check, el, empty, facts, field, head, input, link, note, section, select, table } from "../dom.js";
import { money, number, percent, plural, sentence, upper, words } from "../words.js";
import { channelPreviews } from "../preview-box.js";

export async function page({ id: [id, part], query, signal }) {
  if (id === "new" || part === "edit") return (await import("./trigger-edit.js")).page({ id: id === "new" ? "" : id, draft: query.get("draft") ?? "", signal });
  if (id) return one(id, query.get("draft"), signal);
  const { triggers } = await get("/triggers", { signal });
  const divisions = [...new Set(triggers.map((t) => t.division))].sort();
  const place = el("div", {}), filter = el("form", { class: "row", onsubmit: (event) => event.preventDefault(), oninput: () => draw() },
    el("div", { class: "field grow" }, el("label", { for: "search" }, "Search"), input("search", "", { id: "search", type: "search", placeholder: "name or criteria" })),
    field("Division", select("division", [["", "All"], ...divisions])), field("Only active ones", check("active", true)));
  function draw() {
    const wanted = filter.elements.search.value.toLowerCase();
    const shown = triggers.filter((t) => (!filter.elements.division.value || t.division === filter.elements.division.value) && (t.active || !filter.elements.active.checked) && `${t.id} ${t.label} ${t.criteria}`.toLowerCase().includes(wanted));
    place.replaceChildren(table("Triggers", [
      { name: "Trigger", show: (t) => el("span", {}, link(`#triggers/${t.id}`, t.label || sentence(t.id)), !t.active && [" ", badge("resting")]) },
      { name: "Division", show: (t) => upper(words(t.division)) }, { name: "When", show: (t) => el("span", { class: "nowrap" }, KINDS[t.kind] ?? words(t.kind)) }, { name: "Channels", show: (t) => t.channels.map(words).join(", ") },
      { name: "Priority", number: true, show: (t) => t.priority }, { name: "Reserved", number: true, show: (t) => had(t).reserved ?? "–" }, { name: "Held", number: true, show: (t) => had(t).held ?? "–" }, { name: "Suppressed", number: true, show: (t) => had(t).suppressed ?? "–" }, { name: "Control", number: true, show: (t) => had(t).control ?? "–" },
    ], [...shown].sort((a, b) => a.priority - b.priority || a.id.localeCompare(b.id)), empty("No trigger fits", "Change the search, or look at all divisions.")));
  }
  draw();
  return [head("Triggers", `${plural(triggers.length, "standing rule")} that propose contacts. With what the latest cycle made of their proposals; a dash where there was none.`, may("marketer", "approver", "engineer") && el("a", { class: "button", href: "#triggers/new" }, "New trigger")), filter, place];
}

const had = (t) => (Object.keys(t.last ?? {}).length ? { reserved: 0, held: 0, suppressed: 0, control: 0, ...t.last } : {});
const KINDS = { cycle: "each cycle", event: "on an event", date: "by a date", follow_up: "after a contact" };

async function one(id, draft, signal) {
  const of = draft ? `?draft=${draft}` : "";
  const { trigger: t, version, last } = await get(`/triggers/${id}${of}`, { signal });
  const currency = "USD";
  return [
    head(t.label || sentence(t.id), `${upper(words(t.division))} · ${KINDS[t.kind]} · ${draft ? "in a draft" : `rulebook ${version}`}`, may("marketer", "approver", "engineer") && el("a", { class: "button", href: `#triggers/${id}/edit${of}` }, "Change it")),
    el("div", { class: "actions" }, badge(t.active ? "active" : "resting", t.active ? "good" : ""), badge(words(t.category)), badge(words(t.purpose), "accent")),
    section("For whom", card(el("pre", {}, t.criteria), note(t.kind === "event" ? `On ${words(t.listens_to)}` : t.kind === "date" ? `${number(t.offset_days)} days from ${words(t.date_attribute)}` : t.kind === "follow_up" ? `${number(t.after_days)} days after ${words(t.follows)}` : "Asked of everybody of the division in each cycle."))),
    section("How", card(facts([
      ["Channels, in this order", t.channels.map(words).join(", ")], ["Priority (1 goes first)", number(t.priority)], ["One contact per", words(t.occurrence)], ["Useful for", plural(t.useful_for_days, "day")],
      ["A response is worth", money(t.value, currency)], ["Probability of a response", percent(t.response_probability, 1)], ["Own control group", percent(t.control_share, 1)], ["Offer", t.offer && words(t.offer)], ["Weight in caps", number(t.weight)], ["At most per cycle", t.daily_budget == null ? "no budget" : number(t.daily_budget)], ["Paid mail below zero value", t.include_below_zero ? "yes" : "no"]]))),
    Object.keys(last ?? {}).length > 0 && section("In the latest cycle", card(facts([["Reserved", number(last.reserved ?? 0)], ["Held", number(last.held ?? 0)], ["Suppressed", number(last.suppressed ?? 0)], ["Control group", number(last.control ?? 0)]]))),
    may("marketer", "approver", "dealer", "engineer") && section("The message", channelPreviews(t.id, t.channels, draft)),
  ];
}
