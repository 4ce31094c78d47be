// Today: what came in, who moved, what was decided and why not, what goes out, and what is wrong.
import { call, get, may, maybe } from "../api.js";
import { bars, flows, strip } from "../chart.js";
import { together } from "./pressure.js";
import { action, badge, card, cards, el, empty, figure, head, later, link, note, say, section, table } from "../dom.js";
import { ago, day, number, percent, plural, sentence, words } from "../words.js";

export async function page({ signal, again }) {
  const [{ cycles }, health, sources] = await Promise.all([get("/cycles?limit=5", { signal }), maybe("/installation/health", null, { signal }), maybe("/sources/freshness", null, { signal })]);
  const start = may("marketer", "engineer") && action("Start a cycle", () => startCycle(again), { kind: "quiet", ask: "A cycle looks at every customer, decides who is contacted and plans those contacts. Start one now?" });
  const latest = cycles.find((cycle) => cycle.status === "succeeded");
  if (!latest) {
    return [head("Today", "No cycle has run yet.", start), ...wrong(health, null, sources),
      empty("Nobody has been placed in a segment so far", "Files are taken in as they come. A cycle then looks at everybody: it places customers in segments and decides who is contacted."), ...cameIn(sources)];
  }
  const { report } = await get(`/cycles/${latest.cycle_id}`, { signal });
  const rows = (sources?.sources ?? []).reduce((sum, source) => ({ in: sum.in + (source.rows?.in ?? 0), quarantined: sum.quarantined + (source.rows?.quarantined ?? 0) }), { in: 0, quarantined: 0 });
  const decided = report.decisions;
  return [
    head("Today", `Cycle of ${day(report.as_of)} under rulebook ${report.rulebook}, ${report.balanced ? "and its books balance" : "but its books do not balance"}.`, start),
    ...wrong(health, report, sources),
    cards(
      figure("Customers", report.customers.counted, `${number(report.first_placements)} placed for the first time`),
      figure("Moved to another segment", report.moves, percent(report.moves / Math.max(1, report.customers.counted)), "#segments"),
      figure("Contacts proposed", decided.proposed, "by all triggers", "#triggers"),
      figure("Contacts reserved", decided.reserved, "within the contact law", "#pressure"),
      sources && figure("Rows of the latest files", rows.in, `${number(rows.quarantined)} in quarantine`, "#sources")),
    el("div", { class: "two" },
      section("What was decided", card(
        strip(["reserved", "held", "suppressed", "control"].map((name, at) => ({ name, value: decided[name] ?? 0, tone: `k${[1, 2, 5, 3][at]}` })), `Of ${decided.proposed} proposed contacts ${decided.reserved} were reserved, ${decided.held} held, ${decided.suppressed} suppressed, ${decided.control} are control group.`),
        note("Held contacts compete again as long as they are useful; suppressed ones do not."))),
      section("Why not", card(whyNot(decided.reasons ?? {})))),
    section("Who moved", moved(report)),
    ...cameIn(sources),
    goesOut(signal),
  ];
}

async function startCycle(again) {
  const { cycle_id } = await call("POST", "/cycles", {});
  say("The cycle has begun. This page shows it when it has ended.");
  for (let tries = 0; tries < 300; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(5000, 500 + 100 * tries)));
    const { status } = await get(`/cycles/${cycle_id}`);
    if (status === "running") continue;
    if (status !== "succeeded") throw new Error(`The cycle ended as ${status}; an engineer finds the reason in its log.`);
    say("The cycle has ended.");
    if (location.hash.replace("#", "").startsWith("today") || !location.hash) again();
    return;
  }
}

function wrong(health, report, sources) {
  const found = [];
  for (const alarm of report?.alarms ?? []) found.push([sentence(alarm.text ?? alarm), "#segments"]);
  if (report && !report.balanced) found.push(["The books of the latest cycle do not balance.", "#today"]);
  for (const queue of health?.queues ?? []) if (queue.dead > 0) found.push([`${plural(queue.dead, "message")} of the queue “${queue.name}” could not be worked on and ${queue.dead === 1 ? "waits" : "wait"} for an engineer.`]);
  for (const alarm of health?.alarms ?? []) if (alarm.state === "ALARM") found.push([alarm.description || alarm.name]);
  if (health?.files?.unbalanced) found.push([`${plural(health.files.unbalanced, "file")} whose rows do not add up.`, "#sources"]);
  for (const source of sources?.sources ?? []) {
    if (source.outcome === "refused") found.push([`The latest file of ${source.label || words(source.source)} was refused as a whole.`, may("marketer", "engineer", "source") ? `#sources/${source.source}` : "#sources"]);
  }
  if (found.length === 0) return [el("p", { class: "card fine", role: "note" }, el("strong", {}, "Nothing needs you. "), "No alarm, no refused file, no message given up.")];
  return [el("section", { class: "card warning" }, el("h2", {}, found.length === 1 ? "One thing to look at" : `${found.length} things to look at`),
    el("ul", {}, found.map(([text, href]) => el("li", {}, text, href && [" ", link(href, "Look")]))))];
}

function whyNot(reasons) {
  const rows = Object.entries(reasons).filter(([name]) => name !== "within_law").sort((a, b) => b[1] - a[1]);
  return rows.length ? bars(rows.map(([name, value]) => ({ name, value, label: sentence(name) }))) : note("Nothing was held or suppressed.");
}

function moved(report) {
  const moves = report.movement.filter((m) => m.division === "corporate" && m.from && m.from !== m.to);
  if (moves.length === 0) return empty("Nobody moved in this cycle", "Whoever is placed for the first time counts as placed, not as moved.");
  return card(later(() => flows(moves, `Moves between segments, all divisions together: ${moves.length} kinds of moves.`), "14rem"), el("p", { class: "note" }, "All divisions together. ", link("#segments", "Each division")));
}

function cameIn(sources) {
  if (!sources) return [];
  return [section("What came in", table("Latest file of each source", [
    { name: "Source", show: (s) => (may("marketer", "engineer", "source") ? link(`#sources/${s.source}`, s.label || sentence(s.source)) : s.label || sentence(s.source)) },
    { name: "Latest file", show: (s) => (s.last_at ? ago(s.last_at) : "none yet") },
    { name: "Outcome", show: (s) => (s.outcome ? badge(words(s.outcome), { loaded: "good", refused: "bad", repeated: "warn" }[s.outcome]) : "") },
    { name: "Rows", number: true, show: (s) => s.rows?.in ?? "" }, { name: "Loaded", number: true, show: (s) => s.rows?.loaded ?? "" },
    { name: "Known already", number: true, show: (s) => s.rows?.unchanged ?? "" }, { name: "In quarantine", number: true, show: (s) => s.rows?.quarantined ?? "" },
  ], sources.sources))];
}

function goesOut(signal) {
  return later(async () => {
    const now = new Date(), on = (offset) => new Date(now.getTime() + offset * 86_400_000).toISOString().slice(0, 10);
    const calendar = await maybe(`/pressure/calendar?from=${on(-6)}&to=${on(7)}`, null, { signal });
    if (!calendar) return [];
    const channels = {};
    for (const { day: date, channel, contacts } of together(calendar)) (channels[channel] ??= { past: 0, coming: 0 })[date <= on(0) ? "past" : "coming"] += contacts;
    return section("What goes out", table("Contacts by channel", [
      { name: "Channel", show: ([name]) => sentence(name) }, { name: "Last seven days", number: true, show: ([, sums]) => sums.past }, { name: "Coming seven days", number: true, show: ([, sums]) => sums.coming },
    ], Object.entries(channels), empty("No contact in these two weeks", "A cycle plans contacts; events can bring some at any time.")));
  }, "4rem");
}
