// Privacy: everything that is held on a person, what is put right, frozen or erased, and the certificate of it.
import { call, get, maybe } from "../api.js";
import { action, badge, card, el, empty, facts, field, form, head, input, link, note, say, section, select } from "../dom.js";
import { plural, sentence, when, words } from "../words.js";
import { called } from "./customer.js";

const FIELDS = ["given_name", "surname", "title", "company", "date_of_birth", "gender", "email", "phone", "street_number", "address1", "address2", "city", "postcode", "state", "country", "language", "time_zone"];

export async function page({ id: [id], signal, again }) {
  if (!id) {
    return [head("Privacy", "Access, correction, restriction and erasure, one person at a time. Each look is recorded."),
      section("Whom is it about", card(form({ class: "row" }, async ({ customer }) => { location.hash = `#privacy/${customer.trim()}`; }, el("div", { class: "field grow" }, el("label", { for: "customer" }, "Customer id"), input("customer", "", { id: "customer", required: true, pattern: "\\s*c[a-z0-9]{20,40}\\s*" })), el("button", {}, "Open")), note("You find it on the person's page: ", link("#customer", "look for them by e-mail, phone or loyalty number"), "."))),
      section("After a restore of a table", card(note("Whoever a restored table brought back is erased again, by the certificates that stayed; erasures that wait for the print vendor are gone on with."), action("Go on with all erasures", async () => {
        const { erasures } = await call("POST", "/erasures/repeat");
        say(`Asked for. ${plural(Object.keys(erasures).length, "erasure")} with work left at this moment.`);
      }, { kind: "quiet", ask: "Go on with all erasures, and repeat those that a restore undid?" })))];
  }
  const known = await maybe(`/customers/${id}`, null, { signal });
  const certificate = !known || known.privacy.some((mark) => mark.startsWith("eras")) ? await maybe(`/customers/${id}/erasure`, null, { signal }) : null;
  const person = certificate ? null : known;
  if (!person && !certificate) return [head("Privacy"), empty("There is no such customer", "Look for the person again; the id may be of a record that was erased or united."), el("p", {}, link("#privacy", "Another person"))];
  return [
    head(person ? called(person) : "Erased", el("code", {}, id)),
    certificate && section("Certificate of the erasure", told(certificate, id, again)),
    person && el("div", { class: "actions" }, person.privacy.map((mark) => badge(words(mark), "warn"))),
    person && el("div", { class: "cards wide" },
      card(el("h2", {}, "Access"), note("Everything held: profile, events, identity, decisions, sources, recipients and purposes, machine-readable."), action("Download everything", () => download(id))),
      card(el("h2", {}, "Correct"), note("The value outranks every source; tell the source too."), form({}, async (v) => { await call("POST", `/customers/${id}/correction`, { fields: { [v.name]: v.value } }); say("Put right."); again(); }, field("What", select("name", FIELDS)), field("The right value", input("value", "", { required: true })), el("button", {}, "Put right"))),
      person.privacy.includes("restriction")
        ? card(el("h2", {}, "Restriction"), note("Frozen: no segments, no contacts."), action("Unfreeze", async () => { await call("DELETE", `/customers/${id}/restriction`); say("Unfrozen. The next cycle places the customer again."); again(); }, { kind: "quiet" }))
        : card(el("h2", {}, "Restrict"), note("No segments and no contacts from now on; what waits is cancelled or asked back."), action("Freeze", async () => { await call("PUT", `/customers/${id}/restriction`); say("Frozen."); again(); }, { kind: "quiet", ask: "Freeze this person? What is planned is cancelled." })),
      card(el("h2", {}, "Erase"), note("All stores are emptied; a keyed hash stays so that no later file brings the person back. It cannot be undone."), action("Erase this person", async () => { await call("POST", `/customers/${id}/erasure`); say("Blocked at once. The stores are being emptied; the certificate says how far it is."); again(); }, { kind: "danger", ask: "Erase everything that is held on this person? This cannot be undone." }))),
    el("p", {}, person && [link(`#customer/${id}/known`, "The customer’s page"), " · "], link("#privacy", "Another person")),
  ];
}

const told = (c, id, again) => card(el("p", {}, badge(words(c.status), { waiting: "warn", running: "accent" }[c.status] ?? "good")),
  facts([["Asked for", when(c.requested)], ["Finished", c.finished && when(c.finished)], ["Looked through", c.status === "running" && c.objects ? `${c.looked} of ${plural(c.objects, "object")}` : ""], ["Printed pieces not answered", c.pieces ? String(c.pieces) : ""], ...Object.entries(c.done).map(([what, count]) => [sentence(what), String(count)])]),
  el("h3", { style: { "margin-top": "1rem" } }, "What stays"), el("ul", {}, c.remains.map((each) => el("li", {}, each))),
  c.status === "running" && action("How far is it now?", async () => { again(); }, { kind: "quiet" }),
  c.status === "waiting" && action("Go on", async () => { await call("POST", `/customers/${id}/erasure`); again(); }, { kind: "quiet" }));

async function download(id) {
  const { document: held } = await get(`/customers/${id}/access`);
  const href = URL.createObjectURL(new Blob([JSON.stringify(held, null, 1)], { type: "application/json" }));
  const anchor = el("a", { href, download: "everything-held.json" });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
  say("The document is in your downloads. Keep it as safe as what it holds.");
}
