// Mailings: what the print vendor was given, how its pieces stand, and the recall until its cut-off.
import { call, get, may } from "../api.js";
import { badge, card, el, empty, facts, form, head, input, link, note, say, section, table } from "../dom.js";
import { bars } from "../chart.js";
import { number, plural, sentence, upper, when, words } from "../words.js";

/** What is printed: the product's own name, which says the size. */
const kind = (m) => [m.product && !words(m.product).includes(words(m.channel)) && m.product !== "us_letter" ? upper(words(m.channel)) : "", m.product ? upper(words(m.product)) : upper(words(m.channel))].filter(Boolean).join(", ");

export async function page({ id: [id], signal, again }) {
  if (id) return one(id, signal, again);
  const { mailings, next } = await get("/mailings?limit=50", { signal });
  return [head("Mailings", "Letters and postcards, grouped per vendor and day."),
    table("Mailings", [
      { name: "Mailing", show: (m) => link(`#mailings/${encodeURIComponent(m.mailing_id)}`, m.mailing_id) }, { name: "Made", show: (m) => when(m.made) }, { name: "Vendor", show: (m) => words(m.vendor) }, { name: "Kind", show: kind },
      { name: "Pieces", number: true, show: (m) => m.pieces }, { name: "Pages", number: true, show: (m) => m.pages },
    ], mailings, empty("No mailing yet", "When letters or postcards fall due, they are made into a mailing and announced to the vendor.")), next && note("The latest 50 are shown.")];
}

async function one(id, signal, again) {
  const m = await get(`/mailings/${encodeURIComponent(id)}`, { signal });
  const states = Object.entries(m.states ?? {}), asked = Object.entries(m.recall ?? {}).filter(([state, pieces]) => state && pieces);
  const open = !m.recallable_until || new Date(m.recallable_until) > new Date();
  return [head(id, `Made for ${words(m.vendor)}.`),
    section("The mailing", card(facts([["Made", when(m.made)], ["Kind", kind(m)], ["Pieces", number(m.pieces)], ["Pages", number(m.pages)], ["Can be recalled until", m.recallable_until ? when(m.recallable_until) : "the vendor prints it"]]))),
    section("How its pieces stand", card(states.length ? bars(states.map(([name, value]) => ({ name, label: sentence(name), value }))) : note("No piece is on a timeline yet."))),
    asked.length > 0 && section("Recall", card(el("p", {}, asked.map(([state, pieces]) => [badge(`${words(state)} ${number(pieces)}`, "warn"), " "])))),
    may("marketer", "approver", "engineer") && section("Recall it", open ? card(form({ class: "row" }, async ({ because }) => {
      const done = await call("POST", `/mailings/${encodeURIComponent(id)}/recall`, { because });
      say(`${plural(done.wanted, "piece")} asked back${done.too_late ? `, ${plural(done.too_late, "piece")} too late` : ""}.`);
      again();
    }, el("div", { class: "field grow" }, el("label", { for: "because" }, "Because"), input("because", "", { id: "because", required: true, maxlength: 200 })), el("button", { class: "danger" }, "Ask the vendor for it back")), note("Pieces that are printed already cannot be stopped.")) : empty("Too late", "The vendor’s cut-off has passed.")),
    el("p", {}, link("#mailings", "All mailings"))];
}
