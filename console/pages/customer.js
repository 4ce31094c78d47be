// Customer: who this is and from where we know it, where they stand, what they allow, what may be offered now, why and why not.
import { call, get, may, maybe, who } from "../api.js";
import { strip } from "../chart.js";
import { action, badge, card, el, empty, facts, field, form, head, input, later, link, note, overlay, parts, say, section, segment, select, table } from "../dom.js";
import { learn, named, told as explained } from "../names.js";
import { shown } from "../preview-box.js";
import { day, money, number, plural, sentence, upper, when, words } from "../words.js";

const CARES = ["agent", "dealer", "engineer"];
/** Whoever looks after the customer sees the message as the customer does. */
const READS_MAIL = ["agent", "dealer", "marketer", "engineer"];
const ALWAYS = (text) => text === "*" ? "all" : words(text);

export async function page({ id: [id, part = "now"], signal, again }) {
  if (!id) return [head("Customer", "Find a person by what you know of them. Each look is recorded."), finder(), el("div", { class: "cards wide" }, card(el("h2", {}, "What you can look for"), el("ul", {}, el("li", {}, "an e-mail address or a phone number, as the customer gives it"), el("li", {}, "a loyalty number"), el("li", {}, "a source system’s own number, as source/number"), el("li", {}, "a customer id, from a list or an alarm"))))];
  const [found] = await Promise.all([get(`/customers/${encodeURIComponent(id)}?limit=200`, { signal }), learn()]);
  const value = (name) => found.values[name]?.value ?? "";
  const show = { now, why, story, known, record }[part] ?? now;
  return [
    el("details", { class: "finder" }, el("summary", {}, "Find somebody else"), finder()),
    head(called(found), [value("city"), value("state"), value("country")].filter(Boolean).join(", ") || "Address not known"),
    el("div", { class: "actions" }, found.redirected_from && badge("united with another record", "accent"), found.privacy.map((mark) => badge(words(mark), "bad")), found.cases.filter((c) => c.status === "open").map((c) => badge(`open ${words(c.type)}`, "bad")), segmentBadges(found)),
    parts("About this customer", [["now", "Now"], ["why", "Why and why not"], ["story", "Timeline"], ["known", "What we know"], ...(may(...CARES, "privacy_officer") ? [["record", "Record something"]] : [])].map(([key, text]) => [`#customer/${id}/${key}`, text]), `#customer/${id}/${show.name}`),
    ...(await show(found, signal, again)),
  ];
}

/** What somebody is called: the company, or the person's name. */
export function called({ values }) {
  const value = (name) => values[name]?.value ?? "";
  return String(value("company") || `${value("given_name")} ${value("surname")}`.trim() || "Name not known");
}

const segmentBadges = (found) => Object.entries(found.segments).filter(([d]) => d !== "corporate").map(([division, place]) => el("span", { class: "badge" }, `${upper(words(division))}: `, segment(place.sub_segment || place.lifecycle)));

function finder() {
  const result = el("div", { "aria-live": "polite" });
  const made = form({ class: "row", role: "search" }, async ({ what }) => {
    const wanted = what.trim();
    result.replaceChildren();
    if (/^c[a-z0-9]{20,40}$/.test(wanted)) { location.hash = `#customer/${wanted}`; return; }
    const body = wanted.includes("@") ? { email: wanted } : /^[a-z_]+\/.+/.test(wanted) ? { source: wanted.split("/")[0], record: wanted.slice(wanted.indexOf("/") + 1) } : /^\+?[\d ().-]{7,}$/.test(wanted) ? { phone: wanted } : { loyalty_no: wanted };
    const { customers } = await call("POST", "/customers/find", body);
    if (customers.length === 1) location.hash = `#customer/${customers[0]}`;
    else result.replaceChildren(customers.length === 0 ? empty("Nobody found", "Nobody you may see is known by that. Try another key: e-mail, phone, loyalty number.") : card(el("p", {}, `${plural(customers.length, "customer")} share it:`), el("ul", {}, customers.map((each) => el("li", {}, link(`#customer/${each}`, el("code", {}, each)))))));
  }, el("div", { class: "field grow" }, el("label", { for: "find" }, "E-mail, phone, loyalty number, source/number or customer id"), input("what", "", { id: "find", required: true, type: "search" })), el("button", {}, "Find"));
  return el("div", { class: "stack" }, made, result);
}

async function now(found, signal, again) {
  return [
    later(async () => {
      const next = may("privacy_officer") && !may(...CARES, "marketer") ? null : await maybe(`/customers/${found.customer_id}/next-action?channel=next_contact&limit=8`, null, { signal });
      return next ? advice(found, next, again) : [];
    }, "10rem"),
    later(() => offers(found, signal, again), "2rem"),
    section("Contacts", contacts(found, again)),
    section("Cases", cases(found, again)),
    section("Segments", segments(found)),
    later(() => overTime(found, signal), "1rem"),
    section("Permissions", permissions(found)),
    section("Owns and leases", assets(found)),
  ];
}

function advice(found, next, again) {
  const good = next.actions, blocked = next.open_cases > 0 || next.objects;
  return [
    section("What you may offer now",
      blocked && el("div", { class: "card warning", role: "note" }, el("strong", {}, "No advertising at present. "), next.open_cases > 0 ? `${upper(plural(next.open_cases, "open case"))} ${next.open_cases === 1 ? "blocks" : "block"} all of it until closed. ` : "", next.objects ? "This customer objected, or processing is restricted." : ""),
      good.length > 0 && el("ul", { class: "plain" }, good.map((each) => el("li", { class: "card" }, el("div", { class: "head" },
        el("div", {}, el("h3", {}, each.label || named(each.trigger)), note(upper(words(each.division)), each.offer && ` · offer ${words(each.offer)}`, each.code && ` · code ${each.code}`, each.code_until && ` · until ${day(each.code_until)}`)),
        may(...CARES, "source") && el("div", { class: "actions" }, action("I have offered it", async () => {
          await call("POST", `/customers/${found.customer_id}/next-action/shown`, { trigger: each.trigger, occurrence: each.occurrence, channel: "next_contact" });
          say("Recorded. It counts as a contact, so nobody offers it again elsewhere.");
          again();
        }, { kind: "small" })))))),
      good.length === 0 && !blocked && empty("Nothing to offer at present", "No trigger proposes anything for this customer that the contact law allows now.", link(`#customer/${found.customer_id}/why`, "Why and why not")),
      next.planned?.length > 0 && el("p", { class: "note" }, "Already planned: ", next.planned.map((c) => `${named(c.trigger)} by ${words(c.channel)} on ${day(c.at)}`).join("; "))),
  ];
}

const ANSWERS = { accept: "accepted", decline: "declined", redeem: "redeemed" };
async function offers(found, signal, again) {
  const [made, recovery] = await Promise.all([maybe(`/customers/${found.customer_id}/offers`, null, { signal }), may(...CARES) ? maybe(`/customers/${found.customer_id}/recovery`, null, { signal }) : null]);
  const answer = (offer, verb) => action(upper(ANSWERS[verb]), async () => {
    await call("POST", `/customers/${found.customer_id}/offers/${offer.code || offer.offer}/${verb}`, { channel: "call" });
    say(verb === "decline" ? "Declined. The offer rests in every channel." : `Recorded as ${ANSWERS[verb]}.`);
    again();
  }, { kind: "quiet small" });
  return [
    made?.offers.length > 0 && section("Offers made", table("Offers", [
      { name: "Offer", show: (o) => sentence(o.offer) }, { name: "Code", show: (o) => el("code", {}, o.code) }, { name: "State", show: (o) => badge(words(o.state), o.usable ? "good" : "") }, { name: "Until", show: (o) => day(o.until) }, { name: "Seen in", show: (o) => o.channels.map(words).join(", ") },
      { name: "", show: (o) => o.usable && may(...CARES) ? el("div", { class: "actions" }, answer(o, "accept"), answer(o, "decline"), answer(o, "redeem")) : "" },
    ], made.offers)),
    recovery?.grants.length > 0 && section("What you may grant after a complaint", table("Grants", [
      { name: "Complaint", show: (g) => `${sentence(g.nature || "complaint")}, closed ${day(g.closed)}` }, { name: "Up to", number: true, show: (g) => money(g.limit, g.currency) }, { name: "Offers", show: (g) => g.offers.map(words).join(", ") }, { name: "Until", show: (g) => day(g.until) },
    ], recovery.grants)),
  ].filter(Boolean);
}

function segments(found) {
  return table("Segments by division", [
    { name: "Division", show: ([division]) => (division === "corporate" ? "All together" : upper(words(division))) },
    { name: "Segment", show: ([, s]) => segment(s.sub_segment || s.lifecycle) }, { name: "Value tier", show: ([, s]) => words(s.value_tier) },
    { name: "RFM", show: ([, s]) => s.scores }, { name: "Expected value", number: true, show: ([, s]) => money(s.value || null) /* 0 is held before a model knows */ }, { name: "Since", show: ([, s]) => day(s.since) },
  ], Object.entries(found.segments), empty("Not placed yet", "The next cycle places this customer."));
}

function cases(found, again) {
  return table("Cases", [
    { name: "Case", show: (c) => sentence(c.type) }, { name: "About", show: (c) => words(c.nature) }, { name: "Division", show: (c) => words(c.division) },
    { name: "State", show: (c) => badge(words(c.status), c.status === "open" ? "bad" : "good") }, { name: "Opened", show: (c) => day(c.opened ?? c.when) },
    { name: "", show: (c) => c.status === "open" && c.source === "courtesy" && may(...CARES) ? action("Close it", async () => {
      await call("POST", `/customers/${found.customer_id}/cases/close`, { source: c.source, id: c.id });
      say("Closed. What was held is decided anew.");
      again();
    }, { kind: "quiet small", ask: "Close this case? Contacts that it blocked are then decided anew." }) : "" },
  ], found.cases, empty("No case", "Nothing blocks contacts on this account."));
}

const STATES = { delivered: "good", sent: "good", bounced: "bad", complained: "bad", returned: "bad", refused: "bad", unknown: "warn", reserved: "accent", queued: "accent", sending: "accent" };
function contacts(found, again) {
  return table("Contacts", [
    { name: "When", show: (c) => day(c.at) }, { name: "About", show: (c) => named(c.trigger) }, { name: "Channel", show: (c) => words(c.channel) }, { name: "Division", show: (c) => words(c.division) },
    { name: "State", show: (c) => badge(words(c.state), STATES[c.state]) }, { name: "Counts", show: (c) => (c.counts ? "yes" : "no") },
    { name: "", show: (c) => el("div", { class: "actions" }, may(...READS_MAIL) && action("See it", () => message(found, c), { kind: "quiet small" }), c.state === "reserved" && may("agent", "marketer", "engineer") ? action("Cancel it", async () => {
      await call("POST", `/customers/${found.customer_id}/contacts/cancel`, { contact: c.contact });
      say("Cancelled.");
      again();
    }, { kind: "quiet small", ask: "Cancel this planned contact? It is not planned again by itself." }) : null) },
  ], found.contacts, empty("Never contacted", "What is reserved, sent or returned stands here."));
}

/** The message of a contact, as this customer gets it. */
async function message(found, contact) {
  const made = await get(`/customers/${found.customer_id}/preview/${contact.trigger}?channel=${contact.channel}&pictures=true`);
  overlay(named(contact.trigger), note("By the rules and data of this moment; what went out earlier may read a little differently."), shown(made));
}

const permissions = (found) => table("Permissions", [
  { name: "For", show: (p) => sentence(p.purpose) }, { name: "By", show: (p) => ALWAYS(p.channel) }, { name: "Division", show: (p) => ALWAYS(p.division) },
  { name: "Stands", show: (p) => badge(words(p.status), p.status === "granted" ? "good" : "bad") }, { name: "Since", show: (p) => day(p.when) }, { name: "Told by", show: (p) => words(p.source) },
], found.permissions, empty("Never asked", "The rulebook’s defaults for the customer’s country apply."));

const assets = (found) => table("Assets", [
  { name: "What", show: (a) => a.model || sentence(a.type) }, { name: "Kind", show: (a) => words(a.type) }, { name: "Division", show: (a) => words(a.division) }, { name: "Since", show: (a) => day(a.started) }, { name: "Ends", show: (a) => day(a.ends) }, { name: "State", show: (a) => words(a.status) },
], found.assets, empty("Nothing known", "Vehicles, leases and contracts stand here once a source tells of them."));

const OUTCOMES = { reserved: "good", held: "warn", suppressed: "bad", control: "accent" };
async function why(found, signal) {
  const { decisions } = await get(`/customers/${found.customer_id}/explain`, { signal });
  const latest = new Map();
  for (const each of decisions) (latest.get(each.trigger) ?? latest.set(each.trigger, []).get(each.trigger)).push(each);
  if (latest.size === 0) return [empty("No decision yet", "No trigger has proposed a contact for this customer.")];
  return [el("ul", { class: "plain" }, [...latest.values()].map(([first, ...earlier]) => el("li", { class: "card" },
    el("div", { class: "head" }, el("h2", {}, named(first.trigger)), badge(words(first.outcome), OUTCOMES[first.outcome])),
    el("p", {}, explained(first.sentence, first.trigger)), note(when(first.at), `, rulebook ${first.rulebook}`),
    figures(first),
    earlier.length > 0 && el("details", {}, el("summary", {}, `${plural(earlier.length, "earlier decision")}`), el("ul", { class: "plain lines" }, earlier.map((each) => el("li", {}, badge(words(each.outcome), OUTCOMES[each.outcome]), " ", explained(each.sentence, each.trigger), " ", el("span", { class: "note" }, when(each.at)))))))))];
}

function figures(decision) {
  const told = decision.figures ?? {};
  const counters = (told.counters ?? []).map(([rule, seen, limit]) => ({ rule: words(rule), seen, limit, note: "" }));
  const findings = (told.findings ?? []).map((f) => ({ rule: words(f.rule || f.reason), seen: f.seen, limit: f.limit, note: [sentence(f.reason), f.channel && `by ${words(f.channel)}`, f.other && `because of ${words(f.other)}`, f.until && `until ${day(f.until)}`].filter(Boolean).join(", ") }));
  const rows = [...findings, ...counters];
  if (rows.length === 0) return null;
  return el("details", {}, el("summary", {}, "The figures it used"), table("Figures of the decision", [
    { name: "Rule", show: (r) => r.rule }, { name: "Seen", number: true, show: (r) => r.seen }, { name: "Limit", number: true, show: (r) => r.limit }, { name: "What it means", show: (r) => r.note },
  ], rows), told.competitors?.length > 0 && note("It competed with ", told.competitors.map(([trigger]) => named(trigger)).join(", "), "."));
}

/** Where the customer stood, division by division, from the moves on the timeline. */
async function overTime(found, signal) {
  const items = [...found.timeline.items];
  for (let next = found.timeline.next, pages = 0; next && pages < 5; pages += 1) {
    const more = (await get(`/customers/${found.customer_id}?limit=200&cursor=${encodeURIComponent(next)}`, { signal })).timeline;
    items.push(...more.items);
    next = more.next;
  }
  const tracks = new Map();
  for (const { facts: f, when: at } of items.filter((item) => item.kind === "move").reverse()) {
    const track = tracks.get(f.division) ?? tracks.set(f.division, []).get(f.division), name = f.sub_segment || f.lifecycle;
    if (track.at(-1)?.name !== name || track.at(-1)?.tier !== f.value_tier) track.push({ name, tier: f.value_tier, at });
  }
  if (tracks.size === 0) return [];
  const today = new Date();
  return section("Segments over time", card(el("div", { class: "stack" }, [...tracks].sort().map(([division, track]) => {
    const title = division === "corporate" ? "All together" : upper(words(division));
    const days = track.map((place, at) => Math.max(1, (new Date(track[at + 1]?.at ?? today) - new Date(place.at)) / 86_400_000));
    return el("div", {}, el("h3", {}, title),
      strip(track.map((place, at) => ({ name: place.name, value: Math.round(days[at]), tone: `seg-${place.name}`, label: `${words(place.name)}${place.tier ? `, ${words(place.tier)}` : ""}, since ${day(place.at)}` })), `${title}: ${track.map((place) => `${words(place.name)} since ${day(place.at)}`).join(", ")}.`));
  }))));
}

async function story(found) {
  const list = el("ol", { class: "story" }), place = el("div", { class: "stack" }, list);
  const looks = el("input", { type: "checkbox", onchange: () => list.classList.toggle("with-looks", looks.checked) });
  place.prepend(field("Also who looked at this page", looks, "Each look at a person is recorded."));
  const add = (items) => items.forEach((item) => list.append(el("li", { class: item.kind }, el("p", {}, el("strong", {}, told(item)), " ", el("span", { class: "note" }, when(item.when))), el("p", { class: "note" }, words(item.source), item.file && ` · ${item.file.split("/").pop()} line ${item.line}`),
    Object.keys(item.facts).length > 0 && el("details", {}, el("summary", {}, "All facts"), facts(Object.entries(item.facts).filter(([, v]) => v !== "" && v != null).map(([k, v]) => [sentence(k), typeof v === "object" ? el("code", {}, JSON.stringify(v)) : String(v)]))))));
  let { items, next } = found.timeline;
  /** Add pages until one tells more than who looked; a person who is looked at often has many that do not. */
  async function earlier() {
    for (let pages = 0; next && pages < 5; pages += 1) {
      ({ items, next } = (await get(`/customers/${found.customer_id}?limit=200&cursor=${encodeURIComponent(next)}`)).timeline);
      add(items);
      if (items.some((item) => item.kind !== "look")) break;
    }
    button.hidden = !next;
  }
  const button = action("Earlier", earlier, { kind: "quiet" });
  add(items);
  button.hidden = !next;
  if (items.length > 0 && items.every((item) => item.kind === "look")) await earlier();
  place.append(button);
  return [found.timeline.items.length ? place : empty("Nothing happened yet", "Records, purchases, talks, contacts and moves between segments stand here as they come.")];
}

function told({ kind, facts: f }) {
  return {
    record: () => "Person record", transaction: () => `${sentence(f.type ?? "purchase")} of ${money(f.amount ?? 0, f.currency)} in ${words(f.division)}`,
    interaction: () => `Talked by ${words(f.channel)}${f.topic ? ` about ${words(f.topic)}` : ""}`, case: () => `${sentence(f.type ?? "complaint")} ${words(f.status ?? "open")}${f.nature ? `: ${words(f.nature)}` : ""}`,
    permission: () => `${sentence(f.purpose)} by ${ALWAYS(f.channel)} ${words(f.status)}`, asset: () => `${sentence(f.type ?? "vehicle")} ${f.model ?? ""}`.trim(),
    response: () => `Response: ${words(f.type)}`, contact: () => `${named(f.trigger)} by ${words(f.channel)}, ${words(f.state ?? "reserved")}`, feedback: () => `${sentence(f.type)} (${words(f.channel)})`,
    move: () => `Became ${words(f.sub_segment || f.lifecycle)} in ${f.division === "corporate" ? "all divisions together" : words(f.division)}`, link: () => `Records judged ${words(f.verdict)}`, privacy: () => `${sentence(f.type)} ${f.status ?? "on"}`, look: () => `Looked at ${words(f.what).replaceAll("-", " ")}`,
  }[kind]?.() ?? sentence(kind);
}

async function known(found) {
  const bought = Object.entries(found.purchases);
  return [
    section("What we know, and from where", table("Values with their sources", [
      { name: "Field", show: ([name]) => sentence(name.replace("custom.", "")) }, { name: "Value", show: ([, v]) => String(v.value) }, { name: "Source", show: ([, v]) => words(v.source) }, { name: "Record", show: ([, v]) => el("code", {}, v.record) }, { name: "File and line", show: ([, v]) => (v.file ? `${v.file.split("/").pop()}, line ${number(v.line)}` : "") }, { name: "As of", show: ([, v]) => day(v.when) },
    ], Object.entries(found.values), empty("Nothing is known", "No source has told anything about this person that you may see."))),
    section("Bought", table("Purchases by division", [{ name: "Division", show: ([d]) => upper(words(d)) }, { name: "Purchases", number: true, show: ([, p]) => p.purchases }, { name: "Amount", number: true, show: ([, p]) => money(p.amount) }], bought, empty("No purchase known"))),
    section("Made of these records", card(el("p", {}, el("code", {}, found.customer_id)), el("ul", {}, found.records.map((record) => el("li", {}, el("code", {}, record)))))),
  ];
}

async function record(found, signal, again) {
  const { divisions } = (await maybe("/divisions", null, { signal })) ?? { divisions: Object.keys(found.segments).filter((d) => d !== "corporate").map((name) => ({ name, label: upper(words(name)) })) };
  const bound = who().divisions, mine = divisions.filter((d) => !may("agent", "dealer") || bound.includes(d.name)).map((d) => [d.name, d.label]);
  const division = () => field("Division", select("division", mine));
  const post = (path, told) => async (values) => {
    const answer = await call("POST", `/customers/${found.customer_id}/${path}`, values);
    say(told(answer));
    again();
  };
  const box = (title, hint, path, told, ...fields) => card(el("h2", {}, title), note(hint), form({ "data-record": path }, post(path, told), fields, el("button", {}, "Record it")));
  const cares = may(...CARES);
  return [el("div", { class: "cards wide" },
    cares && box("A complaint", "It blocks all advertising at once, on every channel, also pieces that wait for a print run.", "cases", ({ stopped }) => `Recorded. ${stopped?.length ? `${plural(stopped.length, "planned contact")} stopped: ${stopped.map((c) => named(c.trigger)).join(", ")}.` : "No contact was planned."}`,
      field("What kind", select("type", ["complaint", "dispute", "recovery"])), division(), field("About", input("nature", "", { maxlength: 60, pattern: "[a-z0-9_ \\-]*", placeholder: "late delivery" }), "a word or two in small letters, nothing personal")),
    cares && box("A talk", "Calls and visits count as contacts, so the customer is not pressed from two sides.", "interactions", () => "Recorded. It is felt in the next decision.",
      field("How", select("channel", ["call", "visit", "chat", "mail"])), division(), field("Topic", input("topic", "", { maxlength: 60 }))),
    cares && box("A response", "The customer came by, or answered a message.", "responses", () => "Recorded.",
      field("What", select("type", ["visited", "clicked", "replied"])), division()),
    (cares || may("privacy_officer")) && may("agent", "dealer", "privacy_officer", "engineer") && box("A wish about contacts", "It acts at once: what is planned and no longer allowed does not go out.", "permissions", () => "Recorded. It acts at once.",
      field("Purpose", select("purpose", ["marketing", "service"])), field("Channel", select("channel", [["*", "All channels"], "email", "letter", "postcard", "sms", "next_contact"])),
      field("Division", select("division", [...(may("agent", "dealer") ? [] : [["*", "All divisions"]]), ...mine])), field("The customer", select("status", [["withdrawn", "wants no more of it"], ["granted", "agrees to it"]])), field("How do we know", input("proof", "", { required: true, maxlength: 200, placeholder: "said so on the phone" }))),
  )];
}
