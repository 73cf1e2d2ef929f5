import { freePort } from '@waybill/local/free-port.ts';
import { MeasuredProcess } from '../pipelines/measured-process.ts';

/** What the receiver has taken so far. */
export type Received = {
  readonly requests: number;
  /** Parcels that were told, each once. */
  readonly parcels: number;
  /** Requests with a bad signature, of those that were looked at. */
  readonly unverified: number;
};

/** Parcels with the time at which each was told first, milliseconds since 1970. */
export type Arrivals = readonly (readonly [parcelId: number, atMs: number])[];

export type RunningReceiver = {
  /** The value for `WEBHOOK_URL`. */
  readonly url: string;
  received(): Promise<Received>;
  arrivals(): Promise<Arrivals>;
  stop(): Promise<void>;
};

const entry = new URL('./receiver.ts', import.meta.url);

/** Signs in every run; it is nobody's. */
export const secret = `whsec_${Buffer.from('a secret of the benchmark').toString('base64')}`;

/** Starts `receiver.ts`, listening. */
export async function startReceiverProcess(responseMs: number): Promise<RunningReceiver> {
  const port = await freePort();
  const process = new MeasuredProcess('receiver', entry, {
    ...{ RECEIVER_PORT: String(port), WEBHOOK_SECRETS: secret, RESPONSE_MS: String(responseMs) },
  });
  const answer = (question: 'received' | 'arrivals') =>
    // Holds: `receiver.ts` answers each of the two with what it is named after.
    process.ask(question, (message) => (message as Record<string, unknown>)[question]);
  await answer('received');
  return {
    url: `http://127.0.0.1:${port}/hooks/waybill`,
    received: async () => (await answer('received')) as Received,
    arrivals: async () => (await answer('arrivals')) as Arrivals,
    stop: () => process.stop(),
  };
}
