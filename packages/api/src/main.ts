// First: a stop may be asked for while the rest is being loaded, which takes half a second.
import '@waybill/shared/process/early-signal.ts';
import { exitOnFailedStart } from '@waybill/shared/process/lifecycle.ts';

const { givenOrExit } = await import('@waybill/shared/process/program.ts');
const { program } = await import('./program.ts');
givenOrExit(program);
const { run } = await import('./run.ts');
await run(process.env).catch(exitOnFailedStart);
