import { expect, it } from 'vitest';
import { readingOf, shownSeries, unknownIn } from '../../test/promql.ts';
import { dashboardFile, sections } from './dashboard.ts';

const panels = sections.flatMap((section) => section.panels);

it('the dashboard is what its panels give, in monitoring/grafana/waybill.json', async () => {
  await expect(dashboardFile()).toMatchFileSnapshot('../../../monitoring/grafana/waybill.json');
});

it('every line of it is PromQL, of series and labels that a process shows, with a legend by labels that it has', async () => {
  const shown = await shownSeries();
  for (const { title, lines } of panels) {
    for (const { expr, legend } of lines) {
      // Grafana puts a duration there.
      const reading = readingOf(expr.replaceAll('$__rate_interval', '1m'));
      expect([title, reading.errors, unknownIn(reading, shown)]).toEqual([title, [], []]);
      for (const [, label = ''] of legend.matchAll(/\{\{(\w+)\}\}/g))
        expect(reading.groups.concat('instance'), `${title}: ${legend}`).toContain(label);
    }
  }
});

it('no panel is there twice, and none has more lines than letters', () => {
  const titles = sections.flatMap((section) => section.panels.map(({ title }) => `${section.title}: ${title}`));
  expect(new Set(titles).size).toBe(titles.length);
  for (const { lines } of panels) expect(lines.length).toBeLessThan(26);
});
