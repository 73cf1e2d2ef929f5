import type { Mutation } from '../../../test/simulator/mutate.ts';

const ingestion = 'packages/api/src/ingestion';

/** Ways to break push ingestion that `push-world.ts` must notice. */
export const pushMutants: readonly Mutation[] = [
  {
    name: '202 before SQS has confirmed the batch',
    file: `${ingestion}/ingest.ts`,
    find: 'await (span ? span.around(sending) : sending);',
    replace: 'sending.catch(() => undefined);',
  },
  {
    name: '202 though SQS refused some entries',
    file: 'packages/shared/src/queue/send.ts',
    find: 'if (failures.length > 0) throw refused(failures);',
    replace: '',
  },
  {
    name: '202 though another request has packed the batch anew',
    file: `${ingestion}/ingest.ts`,
    find: "return stored?.state === 'sent';",
    replace: 'return stored !== undefined;',
  },
  {
    name: 'a batch is said to be sent before it is',
    file: `${ingestion}/claim-key.ts`,
    find: "if (known?.state === 'sent') return",
    replace: 'if (known) return',
  },
  {
    name: 'a key is claimed by two requests at once',
    file: `${ingestion}/claim-key.ts`,
    find: 'if (isClaimed) return',
    replace: 'if (isClaimed || seen === undefined) return',
  },
  {
    name: 'a key that is taken over gets another batch',
    file: `${ingestion}/claim-key.ts`,
    find: '{ ...fresh, batchId: seen.batchId,',
    replace: '{ ...fresh,',
  },
  {
    name: 'a request meets its own claim and takes it for that of another',
    file: `${ingestion}/claim-key.ts`,
    find: 'if (seen?.claimId === fresh.claimId) return claimed(next, known);',
    replace: "if (seen?.claimId === fresh.claimId) return { kind: 'key reused' };",
  },
  {
    name: 'a key stands for whatever body comes with it',
    file: `${ingestion}/claim-key.ts`,
    find: 'if (seen.bodySha256 !== bodySha256) return',
    replace: 'if (seen.bodySha256 === undefined) return',
  },
  {
    name: 'a request that is given up keeps its key',
    file: `${ingestion}/claim-key.ts`,
    find: 'if (Math.abs(ageMs) <= givenUpAfterMs)',
    replace: 'if (ageMs !== 0.5)',
  },
  {
    name: 'a repetition is sent anew',
    file: `${ingestion}/claim-key.ts`,
    find: "if (known?.state === 'sent') return",
    replace: 'if (known?.state === undefined && known) return',
  },
  {
    name: 'packs that differ have the numbers of those before',
    file: `${ingestion}/record-batch.ts`,
    find: 'const firstPart = stored.firstPart + stored.packs;',
    replace: 'const firstPart = stored.firstPart;',
  },
  {
    name: 'a batch is recorded after its messages',
    file: `${ingestion}/ingest.ts`,
    find: 'const recorded = await recordBatch(batches, batch, known, signal);',
    replace:
      'await sendAll(deps, messagesOf(packs, batchId, 0), batchId, signal); const recorded = await recordBatch(batches, batch, known, signal);',
  },
];
