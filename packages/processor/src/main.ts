// First, and alone: a stop may be asked for while the rest is being loaded, which takes half a second.
import '@waybill/shared/early-signal.ts';

const { run } = await import('./run.ts');
await run(process.env);
