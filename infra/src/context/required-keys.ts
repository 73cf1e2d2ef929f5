import { alarmAddresses, alarmKeys } from './alarm-keys.ts';
import { apiKeys } from './api-keys.ts';
import { dataKeys } from './data-keys.ts';
import { deploymentKeys } from './deployment-keys.ts';
import { feedKeys } from './feed-keys.ts';
import { networkKeys } from './network-keys.ts';
import { serviceKeys } from './service-keys.ts';
import { notifySweepKey, webhooksKey } from './webhooks.ts';

/** What can be deployed without an alarm. */
const withoutAlarms: ReadonlySet<string | undefined> = new Set(['images', 'network']);

/**
 * Data and services raise alarms. One that nobody gets, or that links a file of a repository that its reader does not have open at
 * night, is as good as none.
 */
export function missingForAlarms(given: Readonly<Record<string, unknown>>): string[] {
  if (withoutAlarms.has(deploymentKeys.stacks.safeParse(given['stacks']).data)) return [];
  const alarm = alarmKeys.alarmEmail.safeParse(given['alarmEmail']);
  const warning = alarmKeys.warningEmail.safeParse(given['warningEmail']);
  if (!alarm.success || !warning.success) return [];
  const isDisposable = deploymentKeys.disposable.safeParse(given['disposable']).data === true;
  const lines: string[] = [];
  if (alarm.data === undefined && !isDisposable)
    lines.push(
      '  alarmEmail is required: the address that gets the alarms, or `none` if something else subscribes to their topics (not needed with disposable=true)',
    );
  const addresses = alarmAddresses({ alarmEmail: alarm.data, warningEmail: warning.data });
  const isTold = addresses.alarmEmail !== undefined || addresses.warningEmail !== undefined;
  const runbook = alarmKeys.runbookUrl.safeParse(given['runbookUrl']);
  if (isTold && runbook.success && runbook.data === undefined)
    lines.push('  runbookUrl is required with an address: the URL of the runbook, which each alarm links');
  return lines;
}

/** Checks what was given, not what was read, so that all errors are reported together. */
export function missingForServices(given: Readonly<Record<string, unknown>>): string[] {
  if (deploymentKeys.stacks.safeParse(given['stacks']).data !== 'all') return [];
  const url = feedKeys.apiUrl.safeParse(given['apiUrl']);
  const lines: string[] = [];
  if (url.success && url.data === undefined)
    lines.push("  apiUrl is required for the services: the Scan Event API's endpoint (not needed with stacks=data)");
  if (isGiven(given, 'apiTokenSecret') && isGiven(given, 'apiOauthSecret'))
    lines.push('  apiOauthSecret cannot be combined with apiTokenSecret: the poller shows one bearer token');
  if (isGiven(given, 'apiClientCertSecret') && !isGiven(given, 'apiOauthSecret') && url.data?.startsWith('http:'))
    lines.push('  apiClientCertSecret needs an https apiUrl: there is no TLS over http');
  const callers = apiKeys.apiCallersSecret.safeParse(given['apiCallersSecret']);
  if (apiKeys.api.safeParse(given['api']).data && callers.success && callers.data === undefined)
    lines.push(
      '  apiCallersSecret is required with api=true: the name of the secret with the tokens that the API lets in',
    );
  const sweep = notifySweepKey.safeParse(given['notifySweep']);
  if (sweep.success && sweep.data !== undefined) {
    const webhooks = webhooksKey.safeParse(given['webhooks']);
    if (webhooks.success && webhooks.data.length === 0) lines.push('  notifySweep needs webhooks');
    if (serviceKeys.operatorTask.safeParse(given['operatorTask']).data === false)
      lines.push('  notifySweep needs operatorTask=true: the task runs `waybill`');
  }
  if (deploymentKeys.bootstrapped.safeParse(given['bootstrapped']).data === false)
    lines.push(
      '  bootstrapped=false needs stacks=data: images of the services are pushed to a repository that `cdk bootstrap` creates',
    );
  return [...lines, ...contradictionsOfNetwork(given)];
}

/** Each of these keys would say something else of where the tasks run. */
function contradictionsOfNetwork(given: Readonly<Record<string, unknown>>): string[] {
  const vpc = networkKeys.vpc.safeParse(given['vpc']);
  if (!vpc.success || vpc.data === undefined) return [];
  const zones = networkKeys.zones.safeParse(given['zones']);
  return [
    ...(networkKeys.network.safeParse(given['network']).data === 'shared'
      ? ['  network=shared and vpc exclude each other: a VPC is imported, or that of waybill-network is used']
      : []),
    ...(zones.success && zones.data !== undefined
      ? ['  zones and vpc exclude each other: an imported VPC has its zones in vpc.availabilityZones']
      : []),
  ];
}

/** Units that nothing is computed from, or that contradict each other. As {@link missingForServices}, of what was given. */
export function missingForTables(given: Readonly<Record<string, unknown>>): string[] {
  const provisioned = dataKeys.capacity.safeParse(given['capacity']).data === 'provisioned';
  const events = dataKeys.eventsPerSecond.safeParse(given['eventsPerSecond']);
  const [least, most] = [
    dataKeys.minWriteUnits.safeParse(given['minWriteUnits']).data,
    dataKeys.maxWriteUnits.safeParse(given['maxWriteUnits']).data,
  ];
  const lines: string[] = [];
  if (provisioned && events.success && events.data === undefined)
    lines.push('  eventsPerSecond is required with capacity=provisioned: the events per second that are expected');
  if (least !== undefined && most !== undefined && least > most)
    lines.push(`  minWriteUnits is more than maxWriteUnits: ${least} and ${most}`);
  return lines;
}

/** A secret's name that is not empty, right or wrong: what is wrong with it is told elsewhere. */
function isGiven(
  given: Readonly<Record<string, unknown>>,
  key: 'apiTokenSecret' | 'apiOauthSecret' | 'apiClientCertSecret',
) {
  return given[key] !== undefined && given[key] !== '';
}
