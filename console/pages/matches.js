// Possible matches: pairs of records that may be one person, for somebody to confirm or refuse.
import { call, get } from "../api.js";
import { action, badge, card, el, empty, head, link, note, say } from "../dom.js";
import { number, sentence, upper, words } from "../words.js";

export async function page({ signal, again }) {
  const first = await get("/matches?limit=30", { signal });
  const list = el("div", { class: "stack" });
  const add = ({ matches, next }) => {
    list.append(...matches.map((match) => one(match)));
    if (next) list.append(action("More", async () => {
      const found = await get(`/matches?limit=30&cursor=${next}`);
      list.querySelector(":scope > button").remove();
      add(found);
    }, { kind: "quiet" }));
  };
  add(first);
  return [head("Possible matches", "The evidence lies between the two thresholds, so a person decides. Uniting two people by mistake would send one’s data to the other: look at both first."),
    first.matches.length ? list : empty("Nothing to decide", "New pairs appear here as files come in."),
    first.matches.length > 0 && action("Look again", again, { kind: "quiet" })];
}

const FIELDS = { given: "given name", born: "date of birth", number: "house number" };

function one(match) {
  const tone = (level) => (level === "exact" ? "good" : level === "different" ? "bad" : "warn");
  const made = card(
    el("div", { class: "two" }, [match.left, match.right].map((side) => el("div", {}, el("h2", {}, sentence(side.record.split("/")[0])), el("p", {}, el("code", {}, side.record.split("/").slice(1).join("/"))), el("p", {}, link(`#customer/${side.customer_id}/known`, "Look at this customer"))))),
    el("p", { style: { margin: ".75rem 0" } }, Object.entries(match.evidence).map(([field, level]) => [badge(`${upper(FIELDS[field] ?? words(field))}: ${words(level)}`, tone(level)), " "])),
    note(`Weight ${number(match.weight)} bits of evidence for one person.`),
    el("div", { class: "actions" },
      action("They are one person", () => decide(match, "confirm", made), { ask: "Unite the two? Their contacts, cases and permissions become one; the strictest permission wins." }),
      action("They are different people", () => decide(match, "refuse", made), { kind: "quiet", ask: "Keep the two apart? They are then never proposed again." })));
  return made;
}

async function decide(match, verdict, made) {
  await call("POST", `/matches/${match.id}/${verdict}`);
  made.replaceWith(card(badge(verdict === "confirm" ? "United" : "Kept apart", "good"), el("p", { class: "note" }, `${match.left.record} and ${match.right.record}`)));
  say(verdict === "confirm" ? "The two are one customer now." : "The two stay apart.");
}
