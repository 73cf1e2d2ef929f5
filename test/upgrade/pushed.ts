import { freePort } from '@waybill/local/free-port.ts';
import { apiAccess, tokenBytes } from '@waybill/local/pipeline/api-access.ts';
import { apiVariables } from '@waybill/local/pipeline/service-process.ts';
import { z } from 'zod';
import type { Deployment } from './deployment.ts';
import type { Pushed, Queued } from './release.ts';

/** One that is taken, and one that is refused. */
const push = {
  ScanEvents: [
    { EventId: 701, ParcelId: 21, Type: 'DELIVERY', CreatedDateTimeUtc: '2021-05-11T21:11:34Z' },
    { EventId: 702, ParcelId: 21, Type: 'STATUS', CreatedDateTimeUtc: 'yesterday' },
  ],
};

const answer = z.object({ batchId: z.string() });

/** Pushes {@link push} to this release's API under one idempotency key, and returns its answer. */
export async function pushOnce(deployment: Deployment): Promise<z.infer<typeof answer>> {
  const { url, token, variables } = apiAccess(await freePort(), Buffer.alloc(tokenBytes, 'pushed'));
  let taken: unknown;
  await deployment.running('api', { ...apiVariables(deployment.resources), ...variables }, async (api) => {
    await api.ready();
    const response = await fetch(`${url}/v1/scan-events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': 'manifest-17',
      },
      body: JSON.stringify(push),
    });
    if (response.status !== 202) throw new Error(`the push was answered with ${response.status}`);
    taken = await response.json();
  });
  return answer.parse(taken);
}

/** Has this release's processor work on the messages of a push, and returns what is in the batches table then. */
export async function settlePush(deployment: Deployment, messages: readonly Queued[]): Promise<Pushed['settled']> {
  await deployment.send(messages);
  await deployment.processing(() => deployment.settled());
  return await deployment.scan(deployment.resources.batchesTable, 'batchId');
}
