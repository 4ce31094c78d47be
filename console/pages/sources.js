// Sources: how fresh each is, how the rows of its files ended, and what is in quarantine and why.
import { get, may, maybe } from "../api.js";
import { badge, card, cards, el, empty, facts, figure, head, link, note, section, table } from "../dom.js";
import { ago, number, plural, sentence, when, words } from "../words.js";

const TONES = { loaded: "good", refused: "bad", repeated: "warn", loading: "accent" };

export async function page({ id: [name, file], signal }) {
  if (file) return quarantine(name, file, signal);
  if (name) return oneSource(name, signal);
  const fresh = await maybe("/sources/freshness", null, { signal });
  const sources = fresh?.sources ?? (await get("/sources", { signal })).sources.map((source) => ({ source }));
  const sum = (field) => sources.reduce((total, source) => total + (source.rows?.[field] ?? 0), 0);
  return [head("Sources", "Every row of every file ends as loaded, known already, or in quarantine with a reason."),
    fresh && cards(figure("Sources", sources.length), figure("Files in seven days", sources.reduce((t, s) => t + (s.files ?? 0), 0)), figure("Refused as a whole", sources.reduce((t, s) => t + (s.refused ?? 0), 0), "in seven days"), figure("Rows in quarantine", sources.reduce((t, s) => t + (s.quarantined ?? 0), 0), "in seven days"), figure("Rows of latest files", sum("in"), `${number(sum("loaded"))} loaded`)),
    section("All sources", table("Sources", [
      { name: "Source", show: (s) => (may("marketer", "engineer", "source") ? link(`#sources/${s.source}`, s.label || sentence(s.source)) : s.label || sentence(s.source)) },
      { name: "Latest file", show: (s) => (s.last_at ? el("time", { datetime: s.last_at, title: when(s.last_at) }, ago(s.last_at)) : "none yet") },
      { name: "Outcome", show: (s) => s.outcome && badge(words(s.outcome), TONES[s.outcome]) },
      { name: "Rows", number: true, show: (s) => s.rows?.in ?? "" }, { name: "Loaded", number: true, show: (s) => s.rows?.loaded ?? "" }, { name: "Known already", number: true, show: (s) => s.rows?.unchanged ?? "" }, { name: "In quarantine", number: true, show: (s) => s.rows?.quarantined ?? "" },
    ], sources, may("marketer", "approver", "engineer") ? empty("The rulebook names no source", "A source contract in the rulebook says how to read a system’s files.") : empty("No source is named in your sign-in", "Ask the client’s engineer to add your system’s name to your account.")))];
}

async function oneSource(name, signal) {
  const { files, next } = await get(`/sources/${name}/files?limit=50`, { signal });
  const body = el("div", { class: "stack" });
  const shown = (list) => list.forEach((file) => body.append(fileCard(name, file)));
  shown(files);
  const more = (cursor) => cursor && body.append(el("button", { type: "button", class: "quiet", onclick: async (event) => {
    event.target.disabled = true;
    const found = await get(`/sources/${name}/files?limit=50&cursor=${cursor}`);
    event.target.remove();
    shown(found.files);
    more(found.next);
  } }, "Older files"));
  more(next);
  return [head(sentence(name), "Files of this source, newest first."), files.length ? body : empty("No file yet", `Files dropped under “${name}/” appear here within a minute.`), el("p", {}, link("#sources", "All sources"))];
}

function fileCard(name, file) {
  const { rows } = file, sum = rows.loaded + rows.unchanged + rows.quarantined;
  return card(el("div", { class: "head" }, el("h2", {}, file.key.split("/").pop()), badge(words(file.outcome), TONES[file.outcome])),
    facts([["Read", when(file.at)], ["Rows", number(rows.in)], ["Loaded", number(rows.loaded)], ["Known already", number(rows.unchanged)], ["In quarantine", number(rows.quarantined)],
      ["Balance", file.outcome === "loaded" && (rows.in === sum ? el("span", { class: "good" }, "every row accounted for") : el("span", { class: "bad" }, `${number(rows.in - sum)} rows unaccounted for`))]]),
    file.text && note(file.text),
    file.reasons.length > 0 && el("div", { style: { "margin-top": ".75rem" } }, table(`Why rows of ${file.key.split("/").pop()} are in quarantine`, [
      { name: "Column", show: (r) => el("code", {}, r.column || "whole row") }, { name: "What is wrong", show: (r) => sentence(r.reason) }, { name: "Expected", show: (r) => r.expected ?? "" }, { name: "Rows", number: true, show: (r) => r.rows }, { name: "First line", number: true, show: (r) => r.line },
    ], file.reasons)),
    file.drift.length > 0 && note("The file's shape changed: ", file.drift.map((d) => Object.values(d).filter(Boolean).join(" ")).join("; ")),
    rows.quarantined > 0 && may("engineer", "source") && el("p", {}, link(`#sources/${name}/${file.file_id}`, `Look at ${plural(rows.quarantined, "row")} in quarantine`)));
}

async function quarantine(name, file, signal) {
  const found = await get(`/sources/${name}/quarantine/${file}?limit=200`, { signal });
  return [head("Rows in quarantine", `${sentence(name)}, under version ${found.contract} of its contract. The rows' text stays in the sender's file.`),
    table("Rows in quarantine", [
      { name: "Line", number: true, show: (row) => row.line }, { name: "Column", show: (row) => row.faults.map((f) => el("div", {}, el("code", {}, f.column || "whole row"))) },
      { name: "What is wrong", show: (row) => row.faults.map((f) => el("div", {}, sentence(f.reason))) }, { name: "Expected", show: (row) => row.faults.map((f) => el("div", {}, f.expected)) },
    ], found.rows), found.next && note(`More rows follow; the first ${found.rows.length} are shown.`), el("p", {}, link(`#sources/${name}`, "Back to the files"))];
}
