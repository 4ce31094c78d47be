// Messages: what every trigger says, in each channel and language, as people get it; and the offers that go with them.
import { get, may } from "../api.js";
import { el, empty, head, input, link, note, parts, table } from "../dom.js";
import { channelPreviews } from "../preview-box.js";
import { learn, named } from "../names.js";
import { day, language, plural, words } from "../words.js";

const PARTS = [["#messages", "Messages"], ["#messages/offers", "Offers"]];

export async function page({ id: [id], signal }) {
  if (id === "offers") return offers(signal);
  if (id) return one(id, signal);
  const [{ templates, version }] = await Promise.all([get("/templates", { signal }), learn()]);
  const byTrigger = new Map();
  for (const each of templates) (byTrigger.get(each.trigger) ?? byTrigger.set(each.trigger, []).get(each.trigger)).push(each);
  const place = el("div"), filter = el("form", { class: "row", onsubmit: (event) => event.preventDefault(), oninput: () => draw() }, el("div", { class: "field grow" }, el("label", { for: "search" }, "Search"), input("search", "", { id: "search", type: "search", placeholder: "words of the subject or the trigger" })));
  function draw() {
    const wanted = filter.elements.search.value.toLowerCase();
    const rows = [...byTrigger].filter(([trigger, list]) => `${trigger} ${named(trigger)} ${list.map((t) => t.subject).join(" ")}`.toLowerCase().includes(wanted));
    place.replaceChildren(table("Messages", [
      { name: "Message", show: ([trigger]) => link(`#messages/${trigger}`, named(trigger)) }, { name: "Subject", show: ([, list]) => list.find((t) => t.language === "en" && t.subject)?.subject ?? list.find((t) => t.subject)?.subject ?? "" },
      { name: "Channels", show: ([, list]) => [...new Set(list.map((t) => t.channel))].map(words).join(", ") }, { name: "Languages", show: ([, list]) => [...new Set(list.map((t) => t.language))].map(language).join(", ") },
    ], rows.sort(([a], [b]) => named(a).localeCompare(named(b))), empty("No message fits", "Search for other words of its subject or name.")));
  }
  draw();
  return [head("Messages", `${plural(byTrigger.size, "message")} of rulebook ${version}: the client’s own text, the dealer’s block and the offer.`), parts("Messages", PARTS, "#messages"), filter, place];
}

async function one(id, signal) {
  const { trigger } = await get(`/triggers/${id}`, { signal });
  return [head(trigger.label || named(id), "What the trigger says, as people get it.", may("marketer", "approver", "engineer") && el("a", { class: "button", href: `#triggers/${id}/edit` }, "Change the words"), link(`#triggers/${id}`, "The trigger")), channelPreviews(id, trigger.channels), el("p", {}, link("#messages", "All messages"))];
}

async function offers(signal) {
  const [{ value }, { triggers }] = await Promise.all([get("/rulebook/sections/offers", { signal }), get("/triggers", { signal }), learn()]);
  const list = Object.entries(value).map(([id, offer]) => ({ ...offer, id, triggers: triggers.filter((t) => t.offer === id).map((t) => t.id) }));
  const text = (said) => (typeof said === "string" ? said : said?.en ?? Object.values(said ?? {})[0] ?? "");
  return [head("Offers", "The same code in mail, on the web and with the agent."), parts("Messages", PARTS, "#messages/offers"),
    table("Offers", [
      { name: "Offer", show: (o) => el("div", {}, el("strong", {}, text(o.label)), note(text(o.terms))) }, { name: "Code", show: (o) => el("code", {}, o.code) }, { name: "Valid", show: (o) => (o.valid_until ? `until ${day(o.valid_until)}` : o.valid_days ? plural(o.valid_days, "day") : "") },
      { name: "Stock", number: true, show: (o) => o.stock ?? "no limit" },
      { name: "Used by", show: (o) => el("span", {}, (o.triggers ?? []).flatMap((t, at) => [at ? ", " : "", link(`#triggers/${t}`, named(t))])) },
    ], list, empty("The rulebook has no offer", "An offer is a file below offers/ in a draft of the rulebook."))];
}
