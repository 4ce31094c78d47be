// The words of a message, language by language, written back into its file so that comments and order stay.
import { get } from "./api.js";
import { card, el, field, input, note, textarea } from "./dom.js";
import { upper } from "./words.js";

const PARTS = [["subject", "Subject"], ["preheader", "Preheader", "the line that mailboxes show after the subject"], ["headline", "Headline"], ["body", "Text", "an empty line begins a paragraph", true], ["action", "Button"], ["path", "Where the button leads", "below the client’s site, beginning with /"], ["closing", "Closing"],
  ["postcard_headline", "Headline on the postcard"], ["postcard_body", "Text on the postcard", "", true], ["sms", "Text message"]];
const SKELETON = (label) => `en:\n  subject: ${JSON.stringify(label)}\n  preheader: ""\n  headline: ${JSON.stringify(label)}\n  body:\n    - "Good news for you: ${label.replaceAll('"', "'")}."\n  action: "See more"\n  path: /\n  closing: "{{ words.closing }}\\n{{ sender.name }}"\n`;

export async function messageForm(trigger, draft, label) {
  const { parseDocument } = await import("./vendor/yaml.js");
  const path = encodeURIComponent(`messages/${trigger}.yaml`);
  let source = "";
  if (trigger) {
    const version = draft ? "" : (await get("/rulebook")).version;
    const found = await get(draft ? `/rulebook/drafts/${draft}/file?path=${path}` : `/rulebook/versions/${version}/file?path=${path}`).catch((error) => { if (error.status === 404) return { text: "" }; throw error; });
    source = found.text;
  }
  const fresh = !source;
  const document_ = parseDocument(source || SKELETON(trigger || "A message for you"));
  let dirty = false;
  const element = card(note("Words in {{ … }} are filled in for each customer, for instance {{ customer.given_name }}."));
  const written = document_.toJS() ?? {};
  for (const [language, texts] of Object.entries(written)) {
    const known = PARTS.filter(([name]) => texts[name] != null || ["subject", "headline", "body", "action", "path"].includes(name));
    element.append(el("details", { open: language === Object.keys(written)[0] }, el("summary", {}, upper(new Intl.DisplayNames(navigator.language || "en", { type: "language" }).of(language))),
      el("div", { class: "stack" }, known.map(([name, title, hint, long]) => {
        const value = Array.isArray(texts[name]) ? texts[name].join("\n\n") : texts[name] ?? "";
        const change = (event) => {
          dirty = true;
          const text = event.target.value;
          document_.setIn([language, name], long ? text.split(/\n\s*\n/).map((p) => p.trim()).filter(Boolean) : text);
        };
        const control = long || value.includes("\n") || value.length > 90 ? textarea(`${language}-${name}`, value, { rows: long ? 6 : 2, oninput: change }) : input(`${language}-${name}`, value, { oninput: change });
        return field(title, control, hint);
      }))));
  }
  return {
    element,
    changed: () => dirty,
    text: () => {
      if (fresh && !dirty) return SKELETON(label() || "A message for you");
      return document_.toString({ lineWidth: 0 });
    },
  };
}
