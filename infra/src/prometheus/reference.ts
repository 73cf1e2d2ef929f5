import { pollerVariables } from '@waybill/poller/config.ts';
import { readContext } from '../context/context.ts';
import { synthesize } from '../synthesis/synthesize.ts';
import { awsAlarms } from './aws-alarm.ts';
import { alertRules, type Rule } from './rules.ts';

const environment = 'reference';
/** A word that no text has. */
const webhook = 'anywebhook';

/** A deployment with everything that has an alarm. */
const deployment = {
  environment,
  apiUrl: 'https://carrier.example/v1/scans/scanevents',
  api: true,
  apiCallersSecret: 'waybill/callers',
  webhooks: [{ name: webhook, url: 'https://shop.example/hook', secretsName: 'shop/signing' }],
};

export type Reference = {
  /** Every section of the runbook that an alarm of CloudWatch has. */
  readonly sections: readonly string[];
  readonly rules: readonly Rule[];
};

/** The rules of a deployment with the defaults, and what CloudWatch has alarms about. */
export function referenceRules(): Reference {
  const alarms = awsAlarms(synthesize(deployment).stacks, { environment, webhook });
  const { quietHours, pollerVariables: given } = readContext({ ...deployment, alarmEmail: 'none' });
  const setting = { quietHours, pollIntervalMs: pollerVariables.POLL_INTERVAL_MS.parse(given['POLL_INTERVAL_MS']) };
  return { sections: alarms.map(({ section }) => section), rules: alertRules(alarms, setting, webhook) };
}
