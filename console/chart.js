// Pictures: bars, strips, columns, flows. Each says the same in words beside or inside it.
import { draw, el, fresh } from "./dom.js";
import { number, words } from "./words.js";

/** Bars with their names and values. rows: {name, value, label?, shown?, tone?}. */
export function bars(rows, most = Math.max(1, ...rows.map((row) => row.value))) {
  return el("dl", { class: "bars" }, rows.map((row) =>
    el("div", { class: row.tone }, el("dt", {}, row.label ?? words(row.name)), el("dd", { class: "track", "aria-hidden": "true" }, el("span", { style: { width: `${(100 * row.value) / most}%` } })), el("dd", { class: "value" }, row.shown ?? number(row.value)))));
}

/** One strip of shares with its key. rows: {name, value, tone, label?}. */
export function strip(rows, describe) {
  const kept = rows.filter((row) => row.value > 0);
  return el("div", {}, el("div", { class: "strip", role: "img", "aria-label": describe },
    kept.map((row) => el("span", { class: row.tone, style: { flex: String(row.value) }, title: row.label ?? `${words(row.name)}: ${number(row.value)}` }))),
  el("ul", { class: "key" }, kept.map((row) => el("li", { class: row.tone }, row.label ?? `${words(row.name)} ${number(row.value)}`))));
}

/** Stacked columns, one for each name of `columns`. series: [{name, tone, values: {column: value}}]. */
export function columns(names, series, { describe, label = String, width = innerWidth < 700 ? 340 : 760, height = innerWidth < 700 ? 190 : 240 }) {
  const left = 40, bottom = 28, sums = names.map((name) => series.reduce((sum, one) => sum + (one.values[name] ?? 0), 0));
  const most = Math.max(1, ...sums), step = (width - left) / names.length, scale = (height - bottom - 14) / most;
  const every = Math.ceil(names.length / (width < 500 ? 5 : 12));
  return el("figure", { style: { margin: "0" } }, draw("svg", { class: "picture", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": describe },
    [0, 0.5, 1].map((part) => [draw("line", { class: "grid", x1: left, x2: width, y1: height - bottom - part * most * scale, y2: height - bottom - part * most * scale }),
      (part !== 0.5 || most > 1) && draw("text", { class: "soft", x: left - 6, y: height - bottom - part * most * scale + 4, "text-anchor": "end" }, number(Math.round(part * most)))]),
    names.map((name, at) => {
      let base = height - bottom;
      return [series.map((one) => {
        const value = one.values[name] ?? 0;
        if (!value) return null;
        base -= value * scale;
        return draw("rect", { class: `fill ${one.tone}`, x: left + at * step + step * 0.12, y: base, width: step * 0.76, height: value * scale, rx: 1.5 }, draw("title", {}, `${label(name)}, ${words(one.name)}: ${number(value)}`));
      }), at % every === 0 && draw("text", { class: "soft", x: left + (at + 0.5) * step, y: height - 8, "text-anchor": "middle" }, label(name))];
    })),
  el("ul", { class: "key" }, series.map((one) => el("li", { class: one.tone }, words(one.name)))));
}

/** Who moved from where to where, as a Sankey diagram. moves: {from, to, customers}. */
export async function flows(moves, describe) {
  const { sankey, sankeyJustify, sankeyLinkHorizontal } = await import("./vendor/d3.js");
  const width = innerWidth < 700 ? 420 : 760, side = width < 700 ? 118 : 150, sides = { from: "before", to: "after" };
  const names = { from: [...new Set(moves.map((m) => m.from))], to: [...new Set(moves.map((m) => m.to))] };
  const height = Math.max(180, 34 * Math.max(names.from.length, names.to.length));
  const nodes = Object.keys(sides).flatMap((side) => names[side].map((name) => ({ id: `${side} ${name}`, name, side })));
  const links = moves.map((m) => ({ source: `from ${m.from}`, target: `to ${m.to}`, value: m.customers }));
  const made = sankey().nodeId((node) => node.id).nodeAlign(sankeyJustify).nodeWidth(10).nodePadding(12).extent([[side, 4], [width - side, height - 4]])({ nodes, links });
  const path = sankeyLinkHorizontal(), tone = (node) => `seg-${node.name || "none"}`, name = (node) => words(node.name) || "not placed before";
  return draw("svg", { class: "picture", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": describe, id: fresh("flows") },
    made.links.map((flow) => draw("path", { class: `flow ${tone(flow.target)}`, d: path(flow), "stroke-width": Math.max(1.5, flow.width) }, draw("title", {}, `${name(flow.source)} to ${name(flow.target)}: ${number(flow.value)}`))),
    made.nodes.map((node) => [draw("rect", { class: `node ${tone(node)}`, x: node.x0, y: node.y0, width: node.x1 - node.x0, height: Math.max(2, node.y1 - node.y0), rx: 2 }),
      draw("text", { x: node.side === "from" ? node.x0 - 8 : node.x1 + 8, y: (node.y0 + node.y1) / 2 + 4, "text-anchor": node.side === "from" ? "end" : "start" }, `${name(node)} ${number(node.value)}`)]));
}
