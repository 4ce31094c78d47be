// The editor of a trigger: who, when, how, and the words; with the audience while one types, a rehearsal, and the way to approval.
import { call, get, maybe } from "../api.js";
import { action, card, check, el, field, head, input, link, note, say, section, select } from "../dom.js";
import { editor } from "../editor.js";
import { channelPreviews } from "../preview-box.js";
import { rehearsal } from "../rehearsal.js";
import { money, number, plural, sentence, upper, words } from "../words.js";
import { messageForm } from "../message-form.js";

const CHANNELS = ["email", "letter", "postcard", "sms", "next_contact"];
const NEW = { id: "", label: "", division: "", category: "", purpose: "marketing", kind: "cycle", criteria: "", channels: ["email"], priority: 50, value: 0, response_probability: 0.01, occurrence: "month", useful_for_days: 14, control_share: 0.1, weight: 1, offer: "", active: true, listens_to: "", date_attribute: "", offset_days: 0, follows: "", after_days: 14, delay_hours: 0, daily_budget: null, include_below_zero: false };
const NUMBERS = ["priority", "value", "response_probability", "useful_for_days", "control_share", "weight", "offset_days", "after_days", "delay_hours"];

export async function page({ id, draft, signal }) {
  const of = draft ? `?draft=${draft}` : "";
  const [{ policies }, { attributes }, { divisions }, offers, found, list] = await Promise.all([
    get(`/policies${of}`, { signal }), get("/attributes", { signal }), get("/divisions", { signal }), maybe(`/rulebook/sections/offers${of}`, { value: {} }, { signal }), id ? get(`/triggers/${id}${of}`, { signal }) : { trigger: NEW }, get(`/triggers${of}`, { signal })]);
  const t = { ...NEW, ...found.trigger };
  const result = el("div", { class: "stack", "aria-live": "polite" });
  const criteria = editor(t.criteria === "true" ? "" : t.criteria, attributes, "Criteria", () => ask());
  const audience = el("p", { class: "note", "aria-live": "polite", id: "audience" }, "Write a criterion; who it is true for is counted as you type.");
  const kindFields = el("div", { class: "fields" });
  const made = el("form", { class: "stack", id: "trigger", onsubmit: (event) => event.preventDefault(), onchange: (event) => { if (event.target.name === "division") ask(); if (event.target.name === "kind") drawKind(); } });
  const value = (name) => made.elements[name]?.value ?? "";

  let asked = 0;
  async function ask() {
    const mine = (asked += 1);
    await new Promise((resolve) => setTimeout(resolve, 350));
    if (mine !== asked || !criteria.value.trim()) return;
    const verdict = await call("POST", "/criteria/check", { criteria: criteria.value, division: value("division"), count: true }).catch((error) => ({ sound: false, problem: error.message, position: -1 }));
    if (mine !== asked) return;
    criteria.mark(verdict.sound ? "" : verdict.problem, verdict.position ?? -1);
    audience.className = verdict.sound ? "" : "bad";
    audience.replaceChildren(...(verdict.sound ? counted(verdict.audience) : [verdict.problem.split("\n")[0], verdict.nearest ? ` Did you mean “${verdict.nearest}”?` : ""]));
  }
  const counted = (a) => !a ? ["Sound. The audience is counted after the first cycle."] : [el("strong", {}, plural(a.holds, "customer")), ` of ${number(a.holds + a.fails + a.unknown)} in ${words(a.division)}, expected value ${money(a.value)}`, a.unknown ? `; of ${number(a.unknown)} it is not known` : "", a.always ? ". True for everybody: is that meant?" : a.never ? ". True for nobody at present." : "."];

  function drawKind() {
    const kind = value("kind") || t.kind;
    kindFields.replaceChildren(...{
      cycle: [], event: [field("On the event", input("listens_to", t.listens_to, { placeholder: "transaction.purchase" }), "kind of event, with its type after a dot"), field("Hours to wait", input("delay_hours", t.delay_hours, { type: "number", min: 0 }))],
      date: [field("Date", select("date_attribute", attributes.filter((a) => a.type === "DATE").map((a) => [a.name, upper(words(a.name))]), t.date_attribute)), field("Days from it", input("offset_days", t.offset_days, { type: "number" }), "before it: below zero")],
      follow_up: [field("After a contact of", select("follows", list.triggers.map((each) => [each.id, each.label || sentence(each.id)]), t.follows)), field("Days after it", input("after_days", t.after_days, { type: "number", min: 0 }))],
    }[kind]);
  }

  const form = [
    section("What", card(el("div", { class: "fields" },
      field("Name", input("label", t.label, { required: true, maxlength: 80 })), !id && field("Short name", input("id", "", { required: true, pattern: "[a-z][a-z0-9_]{2,60}", placeholder: "spring_check_cars" }), "small letters, digits, underscores; it stays"),
      field("Division", select("division", [["corporate", "All together"], ...divisions.map((d) => [d.name, d.label])], t.division || divisions[0]?.name)), field("Category", select("category", Object.entries(policies.categories).map(([name, c]) => [name, c.label || upper(words(name))]), t.category)),
      field("Purpose", select("purpose", Object.entries(policies.purposes).map(([name, p]) => [name, p.label || upper(words(name))]), t.purpose)), field("Active", check("active", t.active), "a resting trigger proposes nothing")))),
    section("For whom", card(el("div", { class: "fields" }, field("When it proposes", select("kind", [["cycle", "In each cycle"], ["event", "When something happens"], ["date", "By a date"], ["follow_up", "After a contact"]], t.kind))), kindFields,
      el("div", { class: "field", style: { "margin-top": "1rem" } }, el("span", { class: "label" }, el("strong", {}, "Criteria")), criteria, note("Names are completed as you type (Ctrl-Space for all). Unknown is not true."), audience))),
    section("How", card(el("fieldset", {}, el("legend", {}, "Channels, in order of preference"), el("div", { class: "choices" }, [...t.channels, ...CHANNELS.filter((c) => !t.channels.includes(c))].map((channel) => field(upper(words(channel)), check("channels", t.channels.includes(channel), { value: channel }))))),
      el("div", { class: "fields", style: { "margin-top": "1rem" } },
        field("Priority", input("priority", t.priority, { type: "number", min: 1, max: 1000 }), Object.values(policies.priority_classes).sort((a, b) => a.priority - b.priority).map((c) => `${c.label || ""} up to ${c.priority}`).join("; ")), field("Offer", select("offer", [["", "none"], ...Object.entries(offers.value).map(([name, o]) => [name, o.label?.en ?? words(name)])], t.offer)),
        field("One contact per", select("occurrence", ["once", "day", "week", "month", "quarter", "year"], t.occurrence)), field("Useful for, days", input("useful_for_days", t.useful_for_days, { type: "number", min: 1 })),
        field("Own control group", input("control_share", t.control_share, { type: "number", min: 0, max: 1, step: 0.01 }), "share that is held out, 0 to 1")),
      el("details", {}, el("summary", {}, "More"), el("div", { class: "fields" }, field("A response is worth, cents", input("value", t.value, { type: "number" })), field("Probability of a response", input("response_probability", t.response_probability, { type: "number", min: 0, max: 1, step: 0.001 })), field("Weight in caps", input("weight", t.weight, { type: "number", min: 0, step: 0.5 })), field("At most per cycle", input("daily_budget", t.daily_budget ?? "", { type: "number", min: 0 }), "empty: no budget"), field("Paid mail also below zero value", check("include_below_zero", t.include_below_zero)))))),
  ];
  made.append(...form);
  drawKind();
  const message = await messageForm(id, draft, () => value("label"));
  made.append(section("The words", message.element));

  async function keep() {
    if (!made.reportValidity()) return "";
    const name = id || value("id"), chosen = [...made.querySelectorAll("[name=channels]:checked")].map((box) => box.value);
    const entry = { ...t, id: name, label: value("label"), division: value("division"), category: value("category"), purpose: value("purpose"), kind: value("kind"), criteria: criteria.value.trim() || "true", channels: chosen, occurrence: value("occurrence"), offer: value("offer"), active: made.elements.active.checked, include_below_zero: made.elements.include_below_zero.checked, daily_budget: value("daily_budget") === "" ? null : Number(value("daily_budget")) };
    for (const each of ["listens_to", "date_attribute", "follows"]) entry[each] = value(each);
    for (const each of NUMBERS) if (made.elements[each]) entry[each] = Number(value(each));
    let now = draft ? await get(`/rulebook/drafts/${draft}`) : await call("POST", "/rulebook/drafts", { title: `${id ? "Change" : "New trigger"}: ${entry.label}` });
    const into = now.draft_id;
    now = await call("PUT", `/rulebook/drafts/${into}/sections/triggers/${name}`, { value: entry }, { etag: now.etag_ });
    if (message.changed() || !id) now = await call("PUT", `/rulebook/drafts/${into}/file?path=messages/${name}.yaml`, { text: message.text() }, { etag: now.etag_ });
    const checked = await get(`/rulebook/drafts/${into}/check`);
    const bad = checked.problems.filter((p) => p.severity === "error");
    if (bad.length) {
      history.replaceState(null, "", `#triggers/${name}/edit?draft=${into}`);
      draft = into; id = name;
      throw Object.assign(new Error("The draft is kept, but not sound yet:"), { status: 400, errors: bad.map((p) => ({ field: `${p.file || p.path}${p.line ? `, line ${p.line}` : ""}`, problem: p.text })) });
    }
    say("Kept as a draft. Nothing changes until it is approved and published.");
    draft = into; id = name;
    history.replaceState(null, "", `#triggers/${name}/edit?draft=${into}`);
    return into;
  }
  const bar = el("div", { class: "actions", id: "steps" },
    action("Keep as a draft", async () => { if (await keep()) result.replaceChildren(section("The message", channelPreviews(id, [...made.querySelectorAll("[name=channels]:checked")].map((box) => box.value), draft))); }, { kind: "quiet" }),
    action("Rehearse two weeks", async () => {
      if (!(await keep())) return;
      result.replaceChildren(el("p", { class: "card", role: "status" }, "Rehearsing the coming two weeks on today’s customers …"));
      try {
        result.replaceChildren(rehearsal(await call("POST", `/rulebook/drafts/${draft}/rehearsal`, { days: 14 })));
      } catch (error) {
        result.replaceChildren();
        throw error;
      }
    }, { kind: "quiet" }),
    action("Submit for approval", async () => {
      if (!(await keep())) return;
      const now = await get(`/rulebook/drafts/${draft}`);
      await call("POST", `/rulebook/drafts/${draft}/submit`, {}, { etag: now.etag_ });
      say("Submitted. Somebody else approves and publishes it.");
      location.hash = `#rulebook/drafts/${draft}`;
    }));
  if (t.criteria && t.criteria !== "true") setTimeout(ask, 50);
  return [head(id ? `Change “${t.label || sentence(id)}”` : "New trigger", draft ? "You are changing a draft." : "What you keep here becomes a draft; the rules in force stay as they are."), made, el("div", { class: "card" }, el("h2", {}, "Then"), bar), result,
    el("p", {}, link(id ? `#triggers/${id}` : "#triggers", "Leave without keeping"))];
}
