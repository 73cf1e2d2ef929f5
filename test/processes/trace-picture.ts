import type { CollectedSpan } from './trace-collector.ts';

const width = 960;
const nameWidth = 360;
const rowHeight = 22;
const head = 34;
/** Spans that are drawn at most: a picture that one sees whole. */
const mostRows = 24;

const colours: Readonly<Record<string, string>> = {
  'waybill-poller': '#17b8be',
  'waybill-processor': '#f89570',
  'waybill-notifier': '#7c5fd3',
};

type Row = { readonly span: CollectedSpan; readonly depth: number };

/** Draws a trace as Jaeger lays it out: a line for each span, under its parent or under what it links to, over time. An SVG. */
export function tracePicture(spans: readonly CollectedSpan[]): string {
  const rows = rowsOf(spans);
  const shown = rows.slice(0, mostRows);
  const from = Math.min(...spans.map(startMs));
  const total = Math.max(...spans.map(endMs)) - from || 1;
  const scale = (ms: number) => nameWidth + ((ms - from) / total) * (width - nameWidth - 70);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const x = scale(from + total * share);
    return `<path d="M${x.toFixed(1)} ${head}V${height(shown)}" stroke="#8884"/><text x="${x.toFixed(1)}" y="22">${Math.round(total * share)} ms</text>`;
  });
  const bars = shown.map(({ span, depth }, index) => {
    const y = head + index * rowHeight;
    const x = scale(startMs(span));
    const length = Math.max(2, scale(endMs(span)) - x);
    const colour = colours[span.service] ?? '#888';
    return [
      `<rect x="${8 + depth * 14}" y="${y + 5}" width="4" height="12" fill="${colour}"/>`,
      `<text x="${18 + depth * 14}" y="${y + 15}">${escaped(`${span.service.replace('waybill-', '')}  ${plain(span.name)}`)}</text>`,
      `<rect x="${x.toFixed(1)}" y="${y + 5}" width="${length.toFixed(1)}" height="12" rx="2" fill="${colour}"/>`,
      `<text x="${(x + length + 5).toFixed(1)}" y="${y + 15}" opacity=".7">${(endMs(span) - startMs(span)).toFixed(1)} ms</text>`,
    ].join('');
  });
  const more = rows.length - shown.length;
  const rest = more > 0 ? `<text x="8" y="${height(shown) + 16}" opacity=".7">and ${more} more spans</text>` : '';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height(shown) + 26}" font-family="system-ui, sans-serif" font-size="12" fill="#222"><title>One trace: spans of poller, processor and notifier, by time</title><rect width="100%" height="100%" fill="#fff"/>${ticks.join('')}\n${bars.join('\n')}\n${rest}</svg>\n`;
}

function rowsOf(spans: readonly CollectedSpan[]): readonly Row[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const leader = ({ parentSpanId, links }: CollectedSpan) =>
    [parentSpanId, links[0]?.spanId].find((id) => id && ids.has(id));
  const under = Map.groupBy(
    spans.toSorted((a, b) => startMs(a) - startMs(b)),
    leader,
  );
  const rows = (id: string | undefined, depth: number): readonly Row[] =>
    (under.get(id) ?? []).flatMap((span) => [{ span, depth }, ...rows(span.spanId, depth + 1)]);
  return rows(undefined, 0);
}

function height(rows: readonly Row[]): number {
  return head + rows.length * rowHeight;
}

function startMs({ startTimeUnixNano }: CollectedSpan): number {
  return Number(startTimeUnixNano) / 1e6;
}

function endMs({ endTimeUnixNano }: CollectedSpan): number {
  return Number(endTimeUnixNano) / 1e6;
}

/** Without the prefix that a test's queues have. */
function plain(name: string): string {
  return name.replace(/e2e-[\w]+-[\w]+-\d+-/, '');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
