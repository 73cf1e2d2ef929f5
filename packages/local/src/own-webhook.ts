import { randomBytes } from 'node:crypto';
import { type Environment, receiverVariables } from './pipeline/service-process.ts';
import { type MisbehaviourPlan, misbehaviours } from './receiver/misbehaviour.ts';
import { type Receiver, startReceiver } from './receiver/receiver.ts';

/** A receiver of our own for what a run tells, and how notifier and API reach it. */
export type OwnWebhook = {
  readonly receiver: Receiver;
  /** Made for this run; printed for a run that is kept, and for no other. */
  readonly secret: string;
  readonly variables: Environment;
};

/** Milliseconds that the notifier waits for a response: short, so that each hanging one costs little. */
const timeoutMs = 1_000;

/**
 * One in so many requests meets a misbehaviour, until each kind has come five times: a run of the default size makes some
 * 2,500. Most cost one call half a second, those that open the breaker cost all of them one or two, while the feed is read.
 */
const misbehaviour: Omit<MisbehaviourPlan, 'seed'> = { every: 45, times: 5 * misbehaviours.length };
/** Long enough for the breaker to open. */
const unauthorizedMs = 500;

/** Settings that decide what is told: whatever the shell has, the verdict knows what is due. */
const settings = {
  NOTIFY: 'delivery',
  NOTIFY_CORRECTIONS: 'true',
  NOTIFY_REQUIREMENTS: 'reached',
  REPORT_URL: '',
  WEBHOOK_TIMEOUT_MS: String(timeoutMs),
};

/** Opens it on a free port of 127.0.0.1. What it does wrong follows from the seed. */
export async function openOwnWebhook(seed: number): Promise<OwnWebhook> {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const receiver = await startReceiver({
    secrets: [secret],
    plan: { seed, ...misbehaviour },
    lateMs: 2 * timeoutMs,
    unauthorizedMs,
  });
  return { receiver, secret, variables: { ...settings, ...receiverVariables(receiver.url, secret) } };
}
