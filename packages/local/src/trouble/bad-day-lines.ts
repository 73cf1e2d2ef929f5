import { wrap } from '@waybill/shared/wrap.ts';
import { signInLink } from '../pipeline/api-access.ts';
import { columns } from '../progress.ts';
import { prose } from '../summary-text.ts';
import { verdictMarks } from '../verdict-text.ts';
import { acts } from './acts.ts';
import type { BadDay, Teller } from './bad-day.ts';
import type { LiveRun } from './live-runs.ts';
import { troubles } from './troubles.ts';

/** Characters before what the page says, and before a line of the verdict. */
const quoteWidth = 5;
const markWidth = 8;

/** What is told before the first act, in lines of at most 79 characters but for the link, which is one word. */
export function openingLines({ api, pid }: Pick<LiveRun, 'api' | 'pid'>, pace: number): string[] {
  const minutes = pace === 1 ? 'about three minutes' : `faster, by ${pace}`;
  return [
    ...wrap(`A bad day for the npm start with pid ${pid}: ${acts.length} troubles, ${minutes}.`, columns),
    'Watch it on the page, where this link signs in:',
    `  ${signInLink(api)}`,
    '',
  ];
}

/** Tells the day as it goes, line by line. */
export function tellInLines(say: (lines: readonly string[]) => void, apiUrl: string): Teller {
  const quoted = (text: string) => prose('', text, quoteWidth);
  const told = (text: string) => prose('', text, 3);
  return {
    waits: (why) => say(wrap(`Waits until the run is well by itself: ${why}.`, columns)),
    begins: ({ name, path, look }) =>
      say([
        '',
        ...prose(`${acts.findIndex((act) => act.name === name) + 1}`, troubles[name].begins, 3),
        ...told(`Look at ${apiUrl}${path}: ${look}.`),
      ]),
    sees: (sighting, seconds) =>
      say([...told(`After ${seconds.toFixed(0)} s the page says:`), ...sighting.flatMap(quoted)]),
    ends: ({ name }) => say(told(troubles[name].ends)),
    recovers: (seconds) =>
      say(told(seconds < 1 ? 'It leaves no backlog.' : `${seconds.toFixed(0)} s later the backlog is worked off.`)),
    isWell: (sentence) => say(['', 'All is well again, and the page says:', ...quoted(sentence)]),
    fails: (what) => say(told(`${verdictMarks.bad} ${what}`)),
  };
}

/** How the day came out. */
export type BadDayVerdict = { readonly isGood: boolean; readonly lines: readonly string[] };

/** @param spoiled scans that the carrier has sent malformed, and again */
export function verdictOf({ outcomes, unwell }: BadDay, spoiled: number): BadDayVerdict {
  const unnamed = outcomes.filter(({ isNamed }) => !isNamed).map(({ act }) => act.name);
  const missing = acts.length - outcomes.length;
  const line = (is: boolean, good: string, bad: string) =>
    prose(is ? verdictMarks.good : verdictMarks.bad, is ? good : bad, markWidth);
  const isNamed = unnamed.length + missing === 0;
  return {
    isGood: isNamed && unwell.length === 0,
    lines: [
      ...line(
        isNamed,
        `the page named each of the ${acts.length} troubles, and said what to do`,
        unnamed.length > 0
          ? `the page did not name ${unnamed.join(', ')}`
          : `${missing} of ${acts.length} troubles were not made`,
      ),
      ...line(
        unwell.length === 0,
        'all is well: the backlog of each trouble was worked off, and every notification was told',
        `not all is well: ${unwell.join(', ')}`,
      ),
      ...outcomes.flatMap(({ act }) => (act.remains ? prose('', act.remains(spoiled), markWidth) : [])),
    ],
  };
}
