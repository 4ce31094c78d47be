// Contacts of unknown outcome: handed to a provider and neither confirmed nor refused; a person asks and says what happened.
import { call, get } from "../api.js";
import { action, badge, el, empty, head, link, say, table } from "../dom.js";
import { sentence, when, words } from "../words.js";

export async function page({ signal, again }) {
  const { contacts } = await get("/contacts/unknown", { signal });
  const settle = (contact, went_out) => async () => {
    await call("POST", `/contacts/${contact.contact}/settle`, { customer_id: contact.customer_id, went_out });
    say(went_out ? "Recorded as sent." : "Recorded as not sent; its slot is free again.");
    again();
  };
  return [head("Unknown contacts", "The provider's answer was lost, so nobody can tell whether these went out. They are never sent again, and count until settled. Ask the provider, then say what happened."),
    table("Contacts of unknown outcome", [
      { name: "Contact", show: (c) => el("span", {}, sentence(c.trigger), " ", badge(c.marketing ? "closes by itself" : "needs you", c.marketing ? "" : "warn")) }, { name: "Customer", show: (c) => link(`#customer/${c.customer_id}`, el("code", {}, c.customer_id.slice(0, 12))) },
      { name: "Channel", show: (c) => words(c.channel) }, { name: "Handed over", show: (c) => when(c.claimed) }, { name: "Why unknown", show: (c) => words(c.reason) },
      { name: "", show: (c) => el("div", { class: "actions" }, action("It went out", settle(c, true), { kind: "quiet small" }), action("It did not", settle(c, false), { kind: "quiet small" })) },
    ], contacts, empty("Nothing is unknown", "Every contact that was handed over has been confirmed or refused."))];
}
