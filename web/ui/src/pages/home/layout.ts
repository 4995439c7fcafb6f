// Where the nodes of the flow strip stand and how thick its ribbons are.
import type { FlowEdge, FlowKind, FlowNode, FlowState } from './api';

export const kinds = ['source', 'topic', 'stream', 'view', 'dashboard'] as const satisfies readonly FlowKind[];
export const columnMax = 7;
export const nodeHeight = 44;

const severity: Record<FlowState, number> = { error: 4, warn: 3, paused: 2, waiting: 1, unknown: 1, ok: 0 };

// thickness is a ribbon's width in px for rows a second: the mock's rule.
export const thickness = (rate: number) => Math.min(13, Math.max(1.5, 1.5 + 3 * Math.log10(Math.max(0, rate) + 1)));

export interface Place { x: number; y: number; width: number; column: number; row: number }
export interface Column { kind: FlowKind; x: number; nodes: readonly FlowNode[]; more: number; morePlace: Place | undefined }
export interface Ribbon { key: string; path: string; width: number; late: boolean }
export interface Layout { columns: readonly Column[]; places: ReadonlyMap<string, Place>; ribbons: readonly Ribbon[]; height: number; nodeWidth: number }

// layOut puts each kind into a column that is there, worst first, at most columnMax of them; what is left out is one "+n", and its ribbons end there.
export function layOut(nodes: readonly FlowNode[], edges: readonly FlowEdge[], width: number): Layout {
  const used = kinds.filter(k => nodes.some(n => n.kind === k));
  const pad = 24, count = Math.max(1, used.length);
  const gap = count < 2 ? 0 : Math.min(count < 4 ? 120 : 64, Math.max(36, width * 0.046));
  const nodeWidth = Math.max(96, Math.min(300, (width - 2 * pad - gap * (count - 1)) / count));
  const step = count < 2 ? 0 : (width - 2 * pad - nodeWidth) / (count - 1);
  const places = new Map<string, Place>();
  const stand = new Map<string, string>(); // a node that is left out → its column's "+n"
  const most = Math.max(1, ...used.map(k => nodes.filter(n => n.kind === k).length));
  const pitch = most <= 3 ? 70 : most <= 4 ? 62 : 56;
  const top = 49;
  const columns = used.map((kind, c): Column => {
    const x = pad + c * step;
    const all = order(nodes.filter(n => n.kind === kind), edges, places);
    const shown = all.slice(0, columnMax), left = all.slice(columnMax);
    shown.forEach((n, row) => places.set(n.id, { x, y: top + row * pitch, width: nodeWidth, column: c, row }));
    const more = `more:${kind}`;
    for (const n of left) stand.set(n.id, more);
    const morePlace = left.length > 0 ? { x, y: top + shown.length * pitch, width: nodeWidth, column: c, row: shown.length } : undefined;
    if (morePlace) places.set(more, morePlace);
    return { kind, x, nodes: shown, more: left.length, morePlace };
  });
  const rows = Math.max(1, ...columns.map(c => c.nodes.length + (c.more > 0 ? 1 : 0)));
  return { columns, places, ribbons: ribbonsOf(edges, places, stand), height: top + (rows - 1) * pitch + nodeHeight + 20, nodeWidth };
}

// order: worst first; of equal ones, those near to what feeds them, then the busiest.
function order(nodes: readonly FlowNode[], edges: readonly FlowEdge[], places: ReadonlyMap<string, Place>): FlowNode[] {
  const near = (n: FlowNode) => {
    const rows = edges.filter(e => e.to === n.id).map(e => places.get(e.from)?.row).filter(r => r !== undefined);
    return rows.length ? rows.reduce((a, b) => a + b, 0) / rows.length : 99;
  };
  const weight = (n: FlowNode) => severity[n.state] * 4 + (n.root ? 3 : 0) + (n.late ? 2 : 0);
  return [...nodes].sort((a, b) => weight(b) - weight(a) || near(a) - near(b) || (b.rate ?? 0) - (a.rate ?? 0) || (a.name < b.name ? -1 : 1));
}

function ribbonsOf(edges: readonly FlowEdge[], places: ReadonlyMap<string, Place>, stand: ReadonlyMap<string, string>): Ribbon[] {
  const joined = new Map<string, { from: Place; to: Place; rate: number; late: boolean }>();
  for (const e of edges) {
    const a = stand.get(e.from) ?? e.from, b = stand.get(e.to) ?? e.to;
    const from = places.get(a), to = places.get(b);
    if (!from || !to || to.column <= from.column) continue;
    const old = joined.get(`${a}\n${b}`);
    joined.set(`${a}\n${b}`, { from, to, rate: (old?.rate ?? 0) + e.rate, late: (old?.late ?? false) || !!e.late });
  }
  return [...joined].map(([key, { from, to, rate, late }]): Ribbon => {
    const x1 = from.x + from.width, y1 = from.y + nodeHeight / 2, x2 = to.x, y2 = to.y + nodeHeight / 2, m = (x1 + x2) / 2;
    return { key, path: `M${x1} ${y1}C${m} ${y1} ${m} ${y2} ${x2} ${y2}`, width: late ? Math.max(3, thickness(rate)) : thickness(rate), late };
  }).sort((a, b) => Number(a.late) - Number(b.late) || b.width - a.width);
}
