import { edgeSections } from './edge-panels.ts';
import { flowSections } from './flow-panels.ts';
import type { Panel, Section } from './panel.ts';

/** The rows of the dashboard, from the feed to the webhooks, and the processes last. */
export const sections: readonly Section[] = [...flowSections, ...edgeSections];

/** Columns of Grafana's grid. */
const columns = 24;
const panelsInRow = 3;
const panelHeight = 8;

const datasource = { type: 'prometheus', uid: '$datasource' };

/** The dashboard for Grafana, JSON as its import takes it: of the data source and the deployments that one selects. */
export function dashboardFile(): string {
  const panels: object[] = [];
  let y = 0;
  for (const section of sections) {
    panels.push(row(section, panels.length + 1, y));
    y += 1;
    for (const [at, panel] of section.panels.entries()) {
      const gridPos = {
        h: panelHeight,
        w: columns / panelsInRow,
        x: (at % panelsInRow) * (columns / panelsInRow),
        y: y + Math.floor(at / panelsInRow) * panelHeight,
      };
      panels.push(graph(panel, panels.length + 1, gridPos));
    }
    y += Math.ceil(section.panels.length / panelsInRow) * panelHeight;
  }
  const dashboard = {
    uid: 'waybill',
    title: 'Waybill',
    tags: ['waybill'],
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    timezone: 'utc',
    templating: { list: [datasourceVariable(), environmentVariable()] },
    panels,
  };
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}

function row({ title }: Section, id: number, y: number) {
  return { id, type: 'row', title, collapsed: false, gridPos: { h: 1, w: columns, x: 0, y }, panels: [] };
}

function graph({ title, unit, lines }: Panel, id: number, gridPos: object) {
  return {
    id,
    type: 'timeseries',
    title,
    datasource,
    gridPos,
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
    targets: lines.map(({ expr, legend }, at) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + at),
      datasource,
      expr,
      legendFormat: legend,
    })),
  };
}

function datasourceVariable() {
  return { name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' };
}

/** "All" is any value, and none: a deployment whose scrape configuration sets no such label. */
function environmentVariable() {
  return {
    name: 'environment',
    type: 'query',
    label: 'Environment',
    datasource,
    query: 'label_values(waybill_build_info, environment)',
    refresh: 2,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  };
}
