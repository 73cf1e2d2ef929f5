import { flag, wholeNumber } from './context-key.ts';
import { secretName } from './secret-name.ts';

/** Waybill's own API. */
export const apiKeys = {
  api: flag({
    meaning:
      "true: Waybill's own [API](../infra/RUNBOOK.md#switch-the-api-on-or-off) is deployed, for queries and pushed events",
    default: false,
  }),
  apiCallersSecret: secretName(
    'name of the Secrets Manager secret that holds `API_TOKENS`: [who may call the API](../infra/RUNBOOK.md#rotate-a-token-of-the-api). Required with `api`',
  ),
  apiPushersSecret: secretName(
    'name of the secret that holds `INGEST_SECRETS`: who may push events by signature, without a token',
  ),
  maxApiTasks: wholeNumber({
    meaning: 'tasks of the API that scaling runs at most; two run always',
    min: 2,
    max: 20,
    default: 6,
  }),
  apiRequestsPerSecond: wholeNumber({
    meaning: 'requests of all callers of the API together that API Gateway passes on; 429 beyond',
    min: 1,
    max: 10_000,
    default: 200,
  }),
};
