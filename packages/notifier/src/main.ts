// First: a stop may be asked for while the rest is being loaded, which takes half a second.
import '@waybill/shared/process/early-signal.ts';
import { exitOnFailedStart } from '@waybill/shared/process/lifecycle.ts';

const { run } = await import('./run.ts');
await run(process.env).catch(exitOnFailedStart);
