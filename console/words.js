// The product's words as people read them, and numbers, money and times in the reader's own form.
const SENTENCES = {
  permission_withdrawn: "Permission withdrawn", permission_never_given: "Permission never given", objection: "Objected",
  address_closed: "Address closed after a bounce", no_address: "No address for any channel", deceased: "Deceased", gone_away: "Moved away",
  under_age: "Under age", erased: "Erased", restricted: "Restricted", below_zero_value: "Below-zero value, no paid mail",
  already_contacted: "Already contacted about it", expired: "No longer useful", open_case: "Open complaint or case", blackout: "Blackout days",
  cap: "Cap reached", gap: "Too close to another contact", slot_held_back: "Slot kept for more important contacts",
  lost_arbitration: "A more important contact went first", budget: "Budget used up", offer_stock: "Offer out of stock",
  data_in_doubt: "Data in doubt", quiet_hours: "Quiet hours", global_control: "Global control group", trigger_control: "Trigger's control group",
  within_law: "Within the law", privacy_officer: "privacy officer", next_contact: "next contact", sms: "text message", email: "e-mail",
  offer_resting: "Offer declined not long ago", offer_ended: "Offer has ended",
  torn_quote: "broken quotation marks", crm_persons: "CRM persons", vin: "VIN", us_letter: "US letter", address1: "address line 1", address2: "address line 2", loyalty_no: "loyalty number",
  at_risk: "at risk", lost_high_value: "lost, high value", high_performance: "high performance",
};
const locale = navigator.language || "en";
const numbers = new Intl.NumberFormat(locale);
const days = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });
const shortDays = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
const times = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });

/** A name of the rulebook or of a closed set, as words. */
export const words = (name) => SENTENCES[name] ?? String(name ?? "").replaceAll("_", " ");
export const sentence = (name) => upper(words(name));
export const upper = (text) => text.charAt(0).toUpperCase() + text.slice(1);
export const number = (value) => (value == null ? "–" : numbers.format(value));
export const percent = (share, digits = 0) => (share == null ? "–" : new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: digits }).format(share));
/** Minor units as money. */
export const money = (minor, currency = "USD") => (minor == null ? "–" : new Intl.NumberFormat(locale, { style: "currency", currency, maximumFractionDigits: Math.abs(minor) >= 100_000 ? 0 : 2 }).format(minor / 100));
export const day = (text) => (text ? days.format(asDate(text)) : "");
export const shortDay = (text) => (text ? shortDays.format(asDate(text)) : "");
export const when = (text) => (text ? times.format(asDate(text)) : "");
export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

function asDate(text) {
  const plain = String(text);
  if (/^\d{4}-\d\d-\d\d$/.test(plain)) return new Date(`${plain}T12:00:00`);
  return new Date(plain.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00"));
}

/** How long ago, roughly. */
export function ago(text) {
  const seconds = (Date.now() - asDate(text).getTime()) / 1000;
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  for (const [unit, size] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(seconds) >= size) return relative.format(-Math.round(seconds / size), unit);
  }
  return relative.format(0, "minute");
}

/** A language by its code. */
export const language = (code) => (code ? new Intl.DisplayNames(locale, { type: "language" }).of(code) : "");

/** An explanation of the API with the rulebook's names as words and times as people read them; ids of events say nothing to anybody. */
export const plainly = (text) => upper(String(text ?? "").replace(/ \(e-[0-9a-f]{16}\)/g, "").replace(/\b(\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC/g, (_, date, time) => when(`${date}T${time}:00Z`))
  .replace(/\b\d{4}-\d\d-\d\d\b/g, day).replace(/\bemail\b/g, "e-mail").replace(/\b[a-z]+(?:_[a-z0-9]+)+\b/g, words));
