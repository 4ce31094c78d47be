// What the console uses of D3, as one file: the layout of a Sankey diagram and scales. It only computes; the console draws.
export { sankey, sankeyJustify, sankeyLinkHorizontal } from "d3-sankey";
export { scaleBand, scaleLinear, scaleUtc } from "d3-scale";
export { area, curveMonotoneX, line } from "d3-shape";
