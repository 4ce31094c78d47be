// Rulebook: the version in force, the drafts and their way to approval, the versions before and what they differ in.
import { call, get, may, who } from "../api.js";
import { action, badge, busy, card, confirm_, el, empty, failure, field, form, head, later, link, note, parts, say, section, table, textarea } from "../dom.js";
import { rehearsal } from "../rehearsal.js";
import { plural, sentence, when, words } from "../words.js";

const TONES = { open: "accent", submitted: "warn", approved: "good", published: "good", withdrawn: "" };
const PARTS = [["#rulebook", "In force"], ["#rulebook/drafts", "Drafts"], ["#rulebook/versions", "Versions"]];

export async function page({ id: [part, name, ...rest], query, signal, again }) {
  if (part === "drafts" && name && rest[0] === "file") return file(name, query.get("path"), signal);
  if (part === "drafts" && name) return draft(name, signal, again);
  if (part === "drafts") return drafts(signal);
  if (part === "versions" && name) return version(name, query, signal);
  if (part === "versions") return versions(signal);
  const current = await get("/rulebook", { signal });
  const found = await get(`/rulebook/versions/${current.version}/files`, { signal });
  return [
    head("Rulebook", `Version ${current.version} is in force, published by ${current.published_by} on ${when(current.published_at)}.`, may("marketer", "approver", "engineer") && action("New draft", newDraft)),
    parts("Rulebook", PARTS, "#rulebook"),
    section("What it holds", el("div", { class: "cards" }, current.sections.map((each) => el("div", { class: "card" }, el("h3", {}, sentence(each.name)), note(each.entries ? plural(each.entries.length, "entry", "entries") : "one set of rules"), each.name === "triggers" && link("#triggers", "Open triggers"), each.name === "population" && link("#segments/rules", "Open rules"), each.name === "sources" && link("#sources", "Open sources"), each.name === "decisions" && link("#pressure/rules", "Open the contact law"), each.name === "messages" && link("#messages", "Open messages"), each.name === "offers" && link("#messages/offers", "Open offers"), each.name === "dealers" && link("#blocks", "Open dealer blocks"), ["divisions", "identity"].includes(each.name) && link(`#rulebook/versions/${current.version}?path=${each.name}.yaml`, "Open the file"))))),
    section("Its files", files(found.files, (path) => `#rulebook/versions/${current.version}?path=${encodeURIComponent(path)}`)),
  ];
}

async function newDraft() {
  const made = await call("POST", "/rulebook/drafts", { title: `Draft of ${new Date().toLocaleDateString()}` });
  location.hash = `#rulebook/drafts/${made.draft_id}`;
}

const files = (list, href) => table("Files", [
  { name: "File", show: (f) => link(href(f.path), el("code", {}, f.path)) }, { name: "Characters", number: true, show: (f) => f.characters ?? f.bytes },
  ...(list.some((f) => f.changed) ? [{ name: "In this draft", show: (f) => f.changed && badge(words(f.changed === true ? "changed" : f.changed), "accent") }] : []),
], list);

async function drafts(signal) {
  const { drafts: list } = await get("/rulebook/drafts?limit=50", { signal });
  return [head("Drafts", "A draft is checked, rehearsed, approved by somebody who did not write it, and published.", may("marketer", "approver", "engineer") && action("New draft", newDraft)), parts("Rulebook", PARTS, "#rulebook/drafts"),
    table("Drafts", [
      { name: "Draft", show: (d) => link(`#rulebook/drafts/${d.draft_id}`, d.title || d.draft_id) }, { name: "State", show: (d) => badge(words(d.state), TONES[d.state]) },
      { name: "Made from", show: (d) => `version ${d.base}` }, { name: "Last change", show: (d) => when(d.changed_at) }, { name: "Then", show: (d) => (d.published ? `published as ${d.published}` : d.stale ? badge("made from an older version", "warn") : "") },
    ], list, empty("No draft", "Change a trigger or a segment’s rules, or begin a draft here."))];
}

async function draft(id, signal, again) {
  const d = await get(`/rulebook/drafts/${id}`, { signal });
  const [checked, found, { files: list }] = await Promise.all([get(`/rulebook/drafts/${id}/check`, { signal }).catch((error) => ({ sound: false, problems: [{ severity: "error", file: "", text: error.message }] })), get(`/rulebook/drafts/${id}/diff`, { signal }).catch((error) => error), get(`/rulebook/drafts/${id}/files`, { signal })]);
  const go = (verb, body, told) => async () => { await call("POST", `/rulebook/drafts/${id}/${verb}`, body, { etag: d.etag_ }); say(told); again(); };
  const mine = d.authors?.includes(who().id) || d.submitted_by === who().id, writes = may("marketer", "approver", "engineer"), approves = may("approver");
  const result = el("div", { "aria-live": "polite" });
  const steps = {
    open: writes && d.changed.length > 0 ? [action("Submit for approval", go("submit", {}, "Submitted. Somebody else approves it."))] : [],
    submitted: approves && !mine ? [action("Approve", go("approve", {}, "Approved. It can be published now.")), rejecting(id, d, again)] : [badge(mine ? "waits for somebody else’s approval" : "waits for an approver", "warn")],
    approved: approves ? [action("Publish", go("publish", {}, "Published. It is in force from now on."), { ask: "Put this draft in force? Decisions from now on follow it; you can roll back." }), rejecting(id, d, again)] : [badge("waits to be published", "warn")],
  }[d.state] ?? [];
  return [
    head(d.title || id, el("span", {}, badge(words(d.state), TONES[d.state]), ` made from version ${d.base}`, d.published ? `, published as version ${d.published}` : "")),
    d.stale && el("div", { class: "card warning", role: "note" }, el("strong", {}, "The rulebook moved on since this draft was made. "), writes && d.state === "open" && action("Bring it up to date", go("rebase", {}, "Up to date."), { kind: "quiet small" })),
    d.remark && el("p", { class: "card" }, el("strong", {}, "Remark: "), d.remark),
    el("div", { class: "actions", id: "steps" }, steps,
      d.changed.length > 0 && action("Rehearse two weeks", async () => {
        result.replaceChildren(el("p", { class: "card", role: "status" }, "Rehearsing the coming two weeks on today’s customers …"));
        try {
          result.replaceChildren(rehearsal(await call("POST", `/rulebook/drafts/${id}/rehearsal`, { days: 14 })));
        } catch (error) {
          result.replaceChildren(failure(error));
        }
      }, { kind: "quiet" }),
      writes && ["open", "submitted"].includes(d.state) && action("Withdraw", async () => { await call("DELETE", `/rulebook/drafts/${id}`, undefined, { etag: d.etag_ }); say("Withdrawn."); location.hash = "#rulebook/drafts"; }, { kind: "quiet", ask: "Withdraw this draft? It stays in the history but can no longer be submitted." })),
    result,
    section("Is it sound?", problems(checked, id)),
    section("What it changes", found instanceof Error ? note("The changes are shown once the draft can be read.") : changes(found.changes)),
    el("details", { open: d.changed.length > 0 && d.changed.length < 6 }, el("summary", {}, "Files changed"), files(list.filter((f) => f.changed), (path) => `#rulebook/drafts/${id}/file?path=${encodeURIComponent(path)}`)),
    el("details", {}, el("summary", {}, "All files"), files(list, (path) => `#rulebook/drafts/${id}/file?path=${encodeURIComponent(path)}`)),
    el("p", {}, link("#rulebook/drafts", "All drafts")),
  ];
}

function rejecting(id, d, again) {
  const reason = textarea("remark", "", { required: true, rows: 3 });
  return el("button", { type: "button", class: "quiet", onclick: () => {
    const box = el("dialog", { "aria-label": "Send it back", onclose: () => box.remove() }, form({}, async ({ remark }) => { await call("POST", `/rulebook/drafts/${id}/reject`, { remark }, { etag: d.etag_ }); box.close(); say("Sent back to its author."); again(); }, field("What should be changed", reason), el("div", { class: "actions" }, el("button", { type: "button", class: "quiet", onclick: () => box.close() }, "Go back"), el("button", {}, "Send it back"))));
    document.body.append(box);
    box.showModal();
  } }, "Send it back");
}

function problems({ sound, problems: list }, id) {
  if (sound && list.length === 0) return el("p", { class: "card fine" }, "Every rule can be read and holds together.");
  return el("div", { class: "stack" }, sound && el("p", { class: "card fine" }, "Sound, with remarks."), table("Findings", [
    { name: "Severity", show: (p) => badge(p.severity, p.severity === "error" ? "bad" : "warn") }, { name: "Where", show: (p) => (p.file ? link(`#rulebook/drafts/${id}/file?path=${encodeURIComponent(p.file)}`, el("code", {}, `${p.file}${p.line ? `:${p.line}` : ""}`)) : el("code", {}, [p.path].flat().join("."))) }, { name: "What", show: (p) => el("pre", {}, p.text) },
  ], list));
}

function changes(list) {
  const short = (value) => (value == null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value));
  return table("Changes", [
    { name: "Rule", show: (c) => el("code", {}, [c.path].flat().join(" › ")) }, { name: "Change", show: (c) => badge(words(c.kind), { added: "good", removed: "bad", changed: "warn" }[c.kind]) },
    { name: "From and to", show: (c) => el("span", { class: "change" }, c.before != null && el("del", {}, short(c.before).slice(0, 300)), " ", c.after != null && el("ins", {}, short(c.after).slice(0, 300))) },
  ], list, empty("No difference", "The rules say the same."));
}

async function file(id, path, signal) {
  const [d, found] = await Promise.all([get(`/rulebook/drafts/${id}`, { signal }), get(`/rulebook/drafts/${id}/file?path=${encodeURIComponent(path)}`, { signal })]);
  const open = d.state === "open" && may("marketer", "approver", "engineer");
  const area = textarea("text", found.text, { class: "code", rows: 28, readonly: !open, spellcheck: "false" });
  return [head(path, `In the draft “${d.title}”.`),
    form({}, async ({ text }) => { await call("PUT", `/rulebook/drafts/${id}/file?path=${encodeURIComponent(path)}`, { text }, { etag: d.etag_ }); say("Kept in the draft."); location.hash = `#rulebook/drafts/${id}`; }, field("The file", area), open ? el("div", { class: "actions" }, el("button", {}, "Keep in the draft")) : note("This draft can no longer be changed.")),
    el("p", {}, link(`#rulebook/drafts/${id}`, "Back to the draft"))];
}

async function versions(signal) {
  const { current, versions: list } = await get("/rulebook/versions?limit=100", { signal });
  return [head("Versions", "Every version stays as it was published."), parts("Rulebook", PARTS, "#rulebook/versions"),
    table("Versions", [{ name: "Version", show: (v) => link(`#rulebook/versions/${v.version}`, `Version ${v.version}`) }, { name: "State", show: (v) => v.version === current && badge("in force", "good") }, { name: "Published", show: (v) => when(v.at) }, { name: "By", show: (v) => v.by }], list)];
}

async function version(name, query, signal) {
  const path = query.get("path");
  if (path) {
    const { text } = await get(`/rulebook/versions/${name}/file?path=${encodeURIComponent(path)}`, { signal });
    return [head(path, `As it stands in version ${name}.`), el("pre", { tabindex: "0" }, text), el("p", {}, link(`#rulebook/versions/${name}`, `Version ${name}`))];
  }
  const [{ current, versions: versions_ }, found] = await Promise.all([get("/rulebook/versions?limit=200", { signal }), get(`/rulebook/versions/${name}/files`, { signal })]);
  const told = versions_.find((v) => String(v.version) === name);
  const against = query.get("against") ?? String(Number(name) - 1);
  const back = may("approver") && Number(name) !== current && el("button", { type: "button", onclick: async (event) => {
    if (!(await confirm_(`Put the rules of version ${name} in force again? They are published as a new version.`, "Roll back"))) return;
    await busy(event.target, async () => { const made = await call("POST", `/rulebook/versions/${name}/rollback`, { because: `rolled back to version ${name} in the console` }); say(`Version ${made.version} says what version ${name} said, and is in force.`); location.hash = "#rulebook"; });
  } }, "Roll back to it");
  return [head(`Version ${name}`, told ? `Published by ${told.by} on ${when(told.at)}.` : "", back || null),
    Number(against) > 0 && section(`Against version ${against}`, later(async () => changes((await get(`/rulebook/versions/${name}/diff?against=${against}`, { signal })).changes))),
    section("Its files", files(found.files ?? [], (each) => `#rulebook/versions/${name}?path=${encodeURIComponent(each)}`)), el("p", {}, link("#rulebook/versions", "All versions"))];
}
