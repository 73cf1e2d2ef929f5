import { measureIngestion } from './api/ingestion.ts';
import { measureMemory } from './api/memory.ts';
import { measureNeighbours } from './api/neighbours.ts';
import { readApiOptions, usage } from './api/options.ts';
import { measureReads } from './api/reads.ts';
import { measureRefusals } from './api/refusals.ts';
import { optionsOrExit } from './options-or-exit.ts';
import { runParts } from './parts/run-parts.ts';

/** `npm run bench:api`: the API under load, on loopback, beside the same work without it. */
await runParts(
  {
    reads: measureReads,
    ingestion: measureIngestion,
    neighbours: measureNeighbours,
    refusals: measureRefusals,
    memory: measureMemory,
  },
  optionsOrExit(readApiOptions, usage),
);
