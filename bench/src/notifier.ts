import { measures } from './notifier/measure.ts';
import { readNotifierOptions, usage } from './notifier/options.ts';
import { optionsOrExit } from './options-or-exit.ts';
import { runParts } from './parts/run-parts.ts';

/** `npm run bench:notifier`: the notifier beside a straightforward one, on the same engines and the same receiver. */
await runParts(measures, optionsOrExit(readNotifierOptions, usage));
