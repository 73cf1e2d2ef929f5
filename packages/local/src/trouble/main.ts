import { tmpdir } from 'node:os';
import { systemClock } from '@waybill/shared/clock.ts';
import { describeError } from '@waybill/shared/error.ts';
import { helpText, onUnread, optionsOrExit } from '@waybill/shared/process/program.ts';
import { listenForStops } from '@waybill/shared/process/stop-signals.ts';
import { ProgressDisplay } from '../progress.ts';
import { verdictMarks } from '../verdict-text.ts';
import { playBadDay } from './bad-day.ts';
import { openingLines, tellInLines, verdictOf } from './bad-day-lines.ts';
import { findLiveRuns } from './live-runs.ts';
import { program, readPace } from './program.ts';
import { isLive, openRun } from './run-client.ts';

const pace = optionsOrExit(() => helpText(program), readPace);
const stops = listenForStops();
const display = new ProgressDisplay(process.stdout);
onUnread(() => stops.receive('SIGPIPE'));
// The first one undoes the trouble, which is a request; the second one leaves that to the run.
stops.second.addEventListener('abort', () => process.exit(stops.exitCode()), { once: true });

try {
  process.exit(await play());
} catch (error) {
  if (stops.first.aborted) {
    display.say('interrupted: the trouble is undone');
    process.exit(stops.exitCode());
  }
  process.stderr.write(`npm run demo:trouble failed: ${describeError(error)}\n`);
  process.exit(1);
}

async function play(): Promise<number> {
  const user = { env: process.env, temporary: tmpdir(), uid: process.getuid?.() };
  const [found, ...others] = await findLiveRuns(user, isLive);
  if (!found) {
    process.stderr.write(
      'No npm start -- --live of this user is running on a simulated feed.\nStart one in another terminal, then this again: npm start -- --live\n',
    );
    return 1;
  }
  display.say(openingLines(found, pace).join('\n'));
  if (others.length > 0) display.say(`The newest of ${others.length + 1} that run.`);
  const say = (lines: readonly string[]) => display.say(lines.join('\n'));
  const run = openRun(found);
  const teller = tellInLines(say, found.api.url);
  const day = await playBadDay({ run, clock: systemClock, teller, pace }, stops.first);
  const verdict = verdictOf(day, (await run.state()).spoiled);
  display.sayMarked(['', ...verdict.lines], { [verdictMarks.good]: 'green', [verdictMarks.bad]: 'red' });
  return verdict.isGood ? 0 : 1;
}
