// What triggers are called: the names that marketers gave them, asked for once a minute by those who may read them.
import { may, maybe } from "./api.js";
import { plainly, sentence } from "./words.js";

const names = new Map();
let asked = null, at = 0;

/** Learn the names; pages that show triggers wait for it beside their own requests. */
export async function learn() {
  if (!may("marketer", "approver", "engineer", "agent")) return;
  if (!asked || Date.now() - at > 60_000) {
    at = Date.now();
    asked = maybe("/triggers").then((found) => found?.triggers.forEach((each) => names.set(each.id, each.label)), () => { asked = null; });
  }
  await asked;
}

/** Remember names that another answer brought. pairs: [trigger, name]. */
export const remember = (pairs) => pairs.forEach(([trigger, name]) => names.set(trigger, name));

/** A trigger's name, or its short name as words where it has none. */
export const named = (trigger) => names.get(trigger) || sentence(trigger);

/** An explanation of the API in the reader's words: triggers by their names, times in the reader's form. */
export const told = (text, trigger) => plainly(trigger ? String(text ?? "").replaceAll(trigger, `“${named(trigger)}”`) : text);
