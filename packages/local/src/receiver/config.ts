import { pattern, readEnv, wholeNumber } from '@waybill/shared/process/env.ts';
import { commonVariables } from '@waybill/shared/process/process-config.ts';
import { z } from 'zod';

const schema = z.object({
  HTTP_HOST: commonVariables.HTTP_HOST,
  HTTP_PORT: commonVariables.HTTP_PORT,
  WEBHOOK_SECRETS: pattern(/^whsec_[A-Za-z0-9+/=]+( whsec_[A-Za-z0-9+/=]+)*$/, {
    allowed: 'secrets as the notifier has them, separated by spaces',
    meaning: 'a notification must be signed with one of them',
  }),
  RECEIVER_SEED: wholeNumber({ min: 0, max: 4_294_967_295, default: 1, meaning: 'seed of what it does wrong' }),
  RECEIVER_FAULTS: wholeNumber({ min: 0, max: 1_000_000, default: 18, meaning: 'how often it does something wrong' }),
});

/** Reads the environment of the receiver. Throws `CONFIG_INVALID` with every wrong variable in it. */
export function readConfig(env: Readonly<Record<string, string | undefined>>) {
  return readEnv(schema, env);
}
