// Shows messages as people get them: an e-mail in a page without rights, printed pages as pictures, the rest as text.
import { get } from "./api.js";
import { card, el, facts, failure, field, later, note, select } from "./dom.js";
import { language, upper, words } from "./words.js";

/** A frame that holds a message's HTML and can do nothing else. */
export function mail(html, title) {
  const frame = el("iframe", { class: "preview", title, src: "/console/preview.html", sandbox: "allow-scripts", loading: "lazy" });
  const hear = (event) => {
    if (event.source !== frame.contentWindow) return;
    if (event.data?.ready) frame.contentWindow?.postMessage({ html }, "*");
    if (event.data?.height) frame.style.height = `${Math.min(1400, event.data.height + 4)}px`;
  };
  addEventListener("message", hear);
  addEventListener("hashchange", () => removeEventListener("message", hear), { once: true });
  return frame;
}

/** What was rendered, by channel. */
export function shown(preview) {
  return el("div", { class: "stack" },
    facts([["Subject", preview.subject], ["Preheader", preview.preheader], ["Language", language(preview.language)], ["Text messages needed", preview.parts > 1 ? String(preview.parts) : ""]]),
    preview.html && mail(preview.html, `The ${words(preview.channel)} as it arrives`),
    (preview.pages ?? []).map((page, at) => el("img", { src: `data:image/png;base64,${page}`, alt: `Page ${at + 1} of the ${words(preview.channel)}`, style: { width: "100%", border: "1px solid var(--line)" } })),
    preview.text && (preview.html ? el("details", {}, el("summary", {}, "The text version"), el("pre", {}, preview.text)) : el("pre", {}, preview.text)));
}

const SAMPLES = [["ordinary", "An ordinary customer"], ["sparse", "Somebody of whom little is known"], ["german", "A customer who reads German"]];

/** A message in each of the trigger's channels; the first is shown at once. */
export function channelPreviews(trigger, channels, draft = "") {
  const place = el("div"), buttons = el("div", { class: "actions", role: "group", "aria-label": "Channel" });
  const sample = select("sample", SAMPLES, "ordinary", { onchange: () => pick(shownNow) });
  let shownNow = channels[0];
  const pick = (channel) => {
    shownNow = channel;
    for (const button of buttons.children) button.setAttribute("aria-pressed", String(button.dataset.channel === channel));
    place.replaceChildren(later(async () => {
      try {
        return shown(await get(`/messages/${trigger}/preview?channel=${channel}&sample=${sample.value}&pictures=true${draft ? `&draft=${draft}` : ""}`));
      } catch (error) {
        return error.status === 404 ? note("This message has no words yet.") : failure(error);
      }
    }, "18rem"));
  };
  buttons.append(...channels.map((channel) => {
    const button = el("button", { type: "button", class: "quiet small", onclick: () => pick(channel) }, upper(words(channel)));
    button.dataset.channel = channel;
    return button;
  }));
  if (channels.length) pick(channels[0]);
  return card(el("div", { class: "head" }, channels.length > 1 && buttons, field("As this person would get it", sample)), place);
}
