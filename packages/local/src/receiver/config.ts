import { webhookVariables } from '@waybill/notifier/webhook/webhook-variables.ts';
import { readEnv, wholeNumber } from '@waybill/shared/process/env.ts';
import { commonVariables } from '@waybill/shared/process/process-config.ts';
import { z } from 'zod';

/** Of `npm run receiver`. */
export const receiverProcessVariables = {
  HTTP_HOST: commonVariables.HTTP_HOST,
  HTTP_PORT: commonVariables.HTTP_PORT,
  /** A notification must be signed with one of them. */
  WEBHOOK_SECRETS: webhookVariables.WEBHOOK_SECRETS,
  RECEIVER_SEED: wholeNumber({ min: 0, max: 4_294_967_295, default: 1, meaning: 'seed of what it does wrong' }),
  RECEIVER_FAULTS: wholeNumber({
    min: 0,
    max: 1_000_000,
    default: 20,
    meaning: 'how often it does something wrong: each kind once, before any comes again',
  }),
};

/** Reads the environment of the receiver. Throws `CONFIG_INVALID` with every wrong variable in it. */
export function readConfig(env: Readonly<Record<string, string | undefined>>) {
  return readEnv(z.object(receiverProcessVariables), env);
}
