/**
 * Draws the figures that are marked `plot`, from the table that each has for everybody. Colours and dashes are those of the
 * legend, so that the style sheet has them in one place for light and dark.
 */

const height = 150;
const dark = matchMedia('(prefers-color-scheme: dark)');

/** @import UPlot from 'uplot' */
/** @typedef {'seconds' | 'count' | 'rate'} Unit */

/** What a scale reaches at least: else the noise of a quiet hour fills the plot. @type {Record<Unit, number>} */
const least = { seconds: 10, count: 5, rate: 1 };
/** Steps between marks of seconds, so that minutes and hours are whole. */
const secondSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200];
for (let day = 86_400; day < 1e9; day *= 2) secondSteps.push(day);

/** @type {Map<string, UPlot>} */
const drawn = new Map();

function drawAll() {
  const figures = [...document.querySelectorAll('figure.plot')];
  for (const [id, plot] of drawn) {
    if (figures.some((figure) => figure.id === id && figure.contains(plot.root))) continue;
    plot.destroy();
    drawn.delete(id);
  }
  for (const figure of figures) draw(figure);
}

function draw(/** @type {Element} */ figure) {
  const table = figure.querySelector('table[data-from]');
  const place = figure.querySelector('[data-own]');
  if (!(table instanceof HTMLTableElement) || !(place instanceof HTMLElement)) return;
  const data = dataOf(table);
  const plot = drawn.get(figure.id);
  if (plot) plot.setData(data);
  else drawn.set(figure.id, newPlot(figure, table, place, data));
}

/** @type {(table: HTMLTableElement) => UPlot.AlignedData} */
function dataOf(table) {
  const from = Date.parse(table.dataset['from'] ?? '') / 1_000;
  const rows = [...(table.tBodies[0]?.rows ?? [])];
  const columns = columnsOf(table).map((_, column) => rows.map(({ cells }) => numberIn(cells[column + 1])));
  return [rows.map((_, minute) => from + minute * 60), ...columns];
}

/** Null where the table has a dash. */
function numberIn(/** @type {HTMLTableCellElement | undefined} */ cell) {
  const value = Number.parseFloat((cell?.textContent ?? '').replaceAll(',', ''));
  return Number.isNaN(value) ? null : value;
}

function columnsOf(/** @type {HTMLTableElement} */ table) {
  return [...(table.tHead?.rows[0]?.cells ?? [])]
    .slice(1)
    .map(({ textContent, dataset }) => ({ name: textContent, unit: unitOf(dataset['unit']) }));
}

/** @type {(unit: string | undefined) => Unit} */
function unitOf(unit) {
  return unit === 'seconds' || unit === 'rate' ? unit : 'count';
}

/** @type {(figure: Element, table: HTMLTableElement, place: HTMLElement, data: UPlot.AlignedData) => UPlot} */
function newPlot(figure, table, place, data) {
  const columns = columnsOf(table);
  const samples = [...figure.querySelectorAll('.sample')];
  const units = [...new Set(columns.map(({ unit }) => unit))];
  const style = (/** @type {Element | undefined} */ element) => getComputedStyle(element ?? place);
  const quiet = () => style(figure.querySelector('.legend') ?? undefined).color;
  const line = () => style(figure).borderTopColor;
  const grid = { stroke: line, width: 1 };
  const readout = document.createElement('p');
  readout.className = 'readout';
  readout.textContent = 'UTC';
  place.replaceChildren();
  place.setAttribute('role', 'img');
  place.setAttribute(
    'aria-label',
    `Plot of ${columns.map(({ name }) => name).join(', ')}: the table below has its values`,
  );
  const plot = new uPlot(
    {
      width: place.clientWidth,
      height,
      legend: { show: false },
      cursor: { y: false, drag: { setScale: false, x: false, y: false }, sync: { key: 'minute' }, points: { size: 6 } },
      scales: Object.fromEntries(
        units.map((unit) => [unit, { range: (_, __, max) => [0, Math.max(least[unit], (max ?? 0) * 1.1)] }]),
      ),
      axes: [
        { stroke: quiet, grid: { show: false }, ticks: grid, font: fontOf(place), size: 28, space: 64, values: times },
        ...units.map((unit, index) => ({
          scale: unit,
          side: index === 0 ? 3 : 1,
          stroke: quiet,
          grid: index === 0 ? grid : { show: false },
          ticks: { show: false },
          font: fontOf(place),
          size: 56,
          ...(unit === 'seconds' && { incrs: secondSteps }),
          space: 36,
          values: (/** @type {UPlot} */ _, /** @type {number[]} */ splits) => splits.map((value) => shown(value, unit)),
        })),
      ],
      series: [
        {},
        ...columns.map(({ unit }, index) => ({
          scale: unit,
          width: 2,
          stroke: () => style(samples[index]).borderTopColor,
          fill: () => style(samples[index]).backgroundColor,
          dash: dashOf(style(samples[index]).borderTopStyle),
          points: { size: 4, space: 40 },
        })),
      ],
      hooks: {
        setCursor: [({ cursor: { idx } }) => (readout.textContent = idx == null ? 'UTC' : rowInWords(table, idx))],
      },
    },
    data,
    place,
  );
  place.append(readout);
  new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height })).observe(place);
  return plot;
}

/** @type {(style: string) => number[]} */
function dashOf(style) {
  if (style === 'dashed') return [7, 4];
  return style === 'dotted' ? [2, 3] : [];
}

function fontOf(/** @type {Element} */ element) {
  return `12px ${getComputedStyle(element).fontFamily}`;
}

/** @type {(plot: UPlot, splits: number[]) => string[]} */
function times(_, splits) {
  return splits.map((seconds) => new Date(seconds * 1_000).toISOString().slice(11, 16));
}

/** @type {(value: number, unit: Unit) => string} */
function shown(value, unit) {
  if (unit !== 'seconds') return value.toLocaleString('en-US');
  if (value < 120) return `${value} s`;
  const [size, name] = value < 7_200 ? [60, 'min'] : value < 172_800 ? [3_600, 'h'] : [86_400, 'd'];
  return `${Math.round((10 * value) / size) / 10} ${name}`;
}

function rowInWords(/** @type {HTMLTableElement} */ table, /** @type {number} */ index) {
  const [time, ...values] = [...(table.tBodies[0]?.rows[index]?.cells ?? [])].map(({ textContent }) => textContent.trim());
  const parts = columnsOf(table).map(({ name }, column) => `${name}: ${values[column] ?? ''}`);
  return `${time} UTC, ${parts.join(', ')}`;
}

drawAll();
document.addEventListener('freshened', drawAll);
dark.addEventListener('change', () => {
  for (const plot of drawn.values()) plot.redraw();
});
