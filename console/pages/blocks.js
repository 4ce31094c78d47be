// Dealer blocks: a dealer's own words in the client's messages; written, looked at, approved by the client, shown until they expire.
import { call, get, may, maybe, who } from "../api.js";
import { action, badge, card, el, empty, field, form, head, input, link, note, say, section, select, textarea } from "../dom.js";
import { learn, named as titled, remember } from "../names.js";
import { shown } from "../preview-box.js";
import { day, language, plural, words } from "../words.js";

const TONES = { waiting: "warn", approved: "good", expired: "", refused: "bad" };
const where = (block) => [block.trigger === "*" ? "All messages" : titled(block.trigger), block.segment !== "*" && words(block.segment), block.channel === "*" ? "all channels" : words(block.channel), language(block.language)].filter(Boolean).join(" · ");
const at = (block) => ({ segment: block.segment, channel: block.channel, language: block.language });
const route = (block, verb = "") => `/dealers/${block.dealer}/blocks/${block.trigger === "*" ? "all" : block.trigger}${verb}`;

export async function page({ id: [dealer], signal, again }) {
  const mine = who().dealer.split(/[\s,]+/).filter(Boolean);
  if (dealer) return one(dealer, signal, again);
  if (!may("marketer", "approver")) {
    if (mine.length === 1) return one(mine[0], signal, again);
    return [head("Your blocks", "Your own words in the client’s messages."), mine.length === 0 ? empty("No outlet is named in your sign-in", "Ask the client’s engineer to add the dealer’s id to your account.") : el("ul", {}, mine.map((id) => el("li", {}, link(`#blocks/${id}`, id))))];
  }
  const [waiting, dealers] = await Promise.all([get("/blocks/waiting", { signal }), maybe("/rulebook/sections/dealers", { value: {} }, { signal }), learn()]);
  return [head("Dealer blocks", "Dealers’ own words in the messages. A message without an approved block goes out with the standard text alone."),
    section("Waiting for approval", waiting.blocks.length ? el("div", { class: "stack" }, waiting.blocks.map((block) => blockCard(block, again, true))) : empty("Nothing waits", "Words that a dealer writes appear here.")),
    section("All dealers", el("div", { class: "cards" }, Object.values(dealers.value ?? {}).map((d) => el("a", { class: "card", href: `#blocks/${d.id}` }, el("h3", {}, d.name), note([d.city, d.divisions.map(words).join(", ")].filter(Boolean).join(" · "))))))];
}

async function one(dealer, signal, again) {
  const { blocks, name, messages } = await get(`/dealers/${dealer}/blocks`, { signal }), writes = may("dealer", "marketer"), whose = writes && !may("marketer") ? "your" : "the dealer’s";
  remember(messages.map((each) => [each.trigger, each.label]));
  return [head(name, `Here ${whose} own words are written. They stand in the client’s messages once they are approved, until the day that is named.`),
    section(blocks.length ? plural(blocks.length, "block") : "Blocks", blocks.length ? el("div", { class: "stack" }, blocks.map((block) => blockCard(block, again, false))) : empty(whose === "your" ? "No words of your own yet" : "No words of this dealer yet", "Messages go out with the client’s standard text.")),
    writes && section("Write new words", writing(dealer, messages, again))];
}

function blockCard(block, again, named) {
  const words_ = [["Waiting for approval", block.waiting], ["In force", block.approved], ["Refused", block.refused]].filter(([, w]) => w);
  return card(el("div", { class: "head" }, el("h3", {}, named ? [link(`#blocks/${block.dealer}`, block.dealer), " · "] : "", where(block)), badge(words(block.state), TONES[block.state])),
    words_.map(([title, w]) => el("div", { style: { "margin-bottom": ".75rem" } }, note(`${title} · until ${day(w.expires)}`), el("pre", {}, w.text), w.reason && el("p", { class: "bad" }, `Reason: ${w.reason}`))),
    el("div", { class: "actions" },
      block.waiting && may("approver") && action("Approve", async () => { await call("POST", route(block, "/approve"), { ...at(block), checksum: block.waiting.checksum }); say("Approved. It is shown from now on."); again(); }),
      block.waiting && may("approver") && refusing(block, again),
      may("dealer", "marketer", "approver") && action("Take it away", async () => { await call("DELETE", `${route(block)}?${new URLSearchParams(at(block))}`); say("Taken away. The standard text stands alone."); again(); }, { kind: "quiet", ask: "Take all words of this place away? The client’s standard text then stands alone." })));
}

function refusing(block, again) {
  const details = el("details", {}, el("summary", {}, "Refuse"), form({}, async ({ reason }) => { await call("POST", route(block, "/refuse"), { ...at(block), checksum: block.waiting.checksum, reason }); say("Refused; the dealer reads the reason."); again(); }, field("Reason, for the dealer", input("reason", "", { required: true, maxlength: 400 })), el("button", { class: "quiet" }, "Refuse")));
  return details;
}

function writing(dealer, messages, again) {
  const result = el("div", { "aria-live": "polite", class: "stack" });
  const later = new Date(Date.now() + 90 * 86_400_000).toISOString().slice(0, 10);
  const channel = select("channel", [["*", "All channels"], "email", "letter", "postcard", "next_contact"], "*");
  const trigger = select("trigger", [["all", "All messages"], ...messages.map((each) => [each.trigger, titled(each.trigger)])], "all");
  const made = form({}, async (v) => {
    await call("PUT", `/dealers/${dealer}/blocks/${v.trigger}`, { segment: v.segment, channel: v.channel, language: v.language, text: v.text, expires: v.expires });
    say("Kept. It is shown once the client has approved it.");
    again();
  }, el("div", { class: "fields" }, field("In which message", trigger), field("For which segment", select("segment", [["*", "All"], "champion", "loyal", "promising", "newly_returning", "slipping", "at_risk", "lost_high_value", "lost", "new"], "*")), field("Channel", channel), field("Language", select("language", [["en", "English"], ["de", "Deutsch"]], "en")), field("Shown until", input("expires", later, { type: "date", required: true }))),
  field("Your words", textarea("text", "", { required: true, maxlength: 2000, rows: 5, placeholder: "Dear {{ customer.given_name }}, our workshop has Saturday hours now." }), "Each channel has its own room; what is too long or not allowed is told."),
  el("div", { class: "actions" }, el("button", {}, "Hand in for approval"), action("See how it looks", async () => {
    const v = Object.fromEntries(new FormData(made));
    const found = await call("POST", `/dealers/${dealer}/blocks/${v.trigger}/preview`, { segment: v.segment, channel: v.channel, language: v.language, text: v.text, as_channel: v.channel !== "*" ? v.channel : messages.find((each) => each.trigger === v.trigger)?.channels[0] ?? "email", pictures: true });
    result.replaceChildren(found.findings.length ? el("div", { class: "card warning" }, el("strong", {}, "These words cannot be shown yet"), el("ul", {}, found.findings.map((f) => el("li", {}, f)))) : shown(found.shown));
  }, { kind: "quiet" })));
  return el("div", { class: "stack" }, card(made), result);
}
