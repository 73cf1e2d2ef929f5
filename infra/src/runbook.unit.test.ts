import { spawnSync } from 'node:child_process';
import { announcementQueue, physicalName, scanQueue, tables } from '@waybill/shared/resources.ts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loggedTexts } from '../test/logged-texts.ts';
import {
  alarmSections,
  anchors,
  filteredLogTexts,
  innerLinks,
  shellBlocks,
  shellLines,
  unsetVariables,
} from '../test/runbook.ts';
import { synthesize } from './synthesis/synthesize.ts';

/** The longest names that the context takes: they are in the texts of alarms, which have a limit. */
const environment = 'longest-of-names';
const webhook = 'the-longest-of-names';
const runbookUrl = `https://${'wiki.example/'.padEnd(300, 'x')}`;
const { stacks } = synthesize({
  environment,
  apiUrl: 'https://carrier.example/v1/scans/scanevents',
  runbookUrl,
  api: true,
  apiCallersSecret: 'waybill/callers',
  quietHours: 720,
  webhooks: [{ name: webhook, url: 'https://shop.example/hook', secretsName: 'shop/signing' }],
  backupVaultArn: 'arn:aws:backup:eu-west-1:111122223333:backup-vault:waybill-prod',
});
const resources = stacks.flatMap((stack) => Object.values(stack.resources));
const alarm = z.object({
  AlarmName: z.string(),
  AlarmDescription: z.string(),
  AlarmActions: z.array(z.unknown()).length(1),
  OKActions: z.array(z.unknown()).length(1),
  TreatMissingData: z.string(),
});
const alarms = resources
  .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
  .map(({ Properties }) => alarm.parse(Properties));
const sections = alarmSections();

/** The alarms of each webhook end with its name, and share a section. */
function sectionOf(alarmName: string): string {
  return alarmName.replace(`waybill-${environment}-`, '').replace(new RegExp(`-${webhook}$`), '');
}

function recoveryDays(tableName: string): number {
  const table = resources.find(({ Properties }) => Properties['TableName'] === tableName);
  const recovery = z.object({ RecoveryPeriodInDays: z.number() });
  return recovery.parse(table?.Properties['PointInTimeRecoverySpecification']).RecoveryPeriodInDays;
}

describe('the runbook', () => {
  it('has a section for each alarm and an alarm for each section, in alphabetical order', () => {
    const named = [...new Set(alarms.map(({ AlarmName }) => sectionOf(AlarmName)))].toSorted();
    expect(named.length).toBeGreaterThan(6);
    expect(sections.map(({ heading }) => heading)).toEqual(named);
  });

  it.each(sections)('says of $heading what it is, what it means, how to look and what to do', ({ parts }) => {
    expect(parts).toEqual(['Description', 'Impact', 'Investigation', 'Resolution']);
  });

  it('has no link to a section that does not exist', () => {
    expect(innerLinks().filter((link) => !anchors().includes(link))).toEqual([]);
  });

  it('has commands that bash can read', () => {
    expect(shellBlocks().length).toBeGreaterThan(10);
    // One process for all: a process for each block takes a second on a busy machine.
    const input = shellBlocks().join('\n');
    const { status, stderr } = spawnSync('bash', ['-n'], { input, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('has commands that paste: each variable is set in its section, or before one begins', () => {
    expect(unsetVariables()).toEqual([]);
  });

  it('filters logs by texts that the processes log', () => {
    const logged = loggedTexts();
    expect(logged.length).toBeGreaterThan(30);
    expect(filteredLogTexts().length).toBeGreaterThan(4);
    const isLogged = (wanted: string) =>
      wanted.endsWith('*')
        ? logged.some((text) => text.startsWith(wanted.slice(0, -1)))
        : logged.some((text) => text === wanted);
    expect(filteredLogTexts().filter((wanted) => !isLogged(wanted))).toEqual([]);
  });

  it('waits for tables as long as it takes: a waiter gives up after 25 checks', () => {
    const waits = shellLines().filter((line) => line.includes('dynamodb wait'));
    expect(waits.length).toBeGreaterThan(1);
    expect(waits.filter((line) => !/\buntil aws dynamodb wait /.test(line))).toEqual([]);
  });

  it('gives jq JSON to read', () => {
    const read = shellLines().filter((line) => /\baws .*\|\s*jq /.test(line));
    expect(read.length).toBeGreaterThan(3);
    expect(read.filter((line) => !line.includes(' --output json '))).toEqual([]);
  });

  it('gives a restored table the days of recovery that it has in the stack', () => {
    const given = shellLines().flatMap((line) => {
      const [, table, days] = /--table-name "([^"]+)" .*RecoveryPeriodInDays=(\d+)/.exec(line) ?? [];
      return table === undefined ? [] : [[table, Number(days)]];
    });
    const parcels = recoveryDays(physicalName(environment, tables.parcels.name));
    expect(recoveryDays(physicalName(environment, tables.checkpoints.name))).toBe(parcels);
    const failures = physicalName('$ENVIRONMENT', tables.failures.name);
    expect(Object.fromEntries(given)).toEqual({
      $TABLE: parcels,
      [failures]: recoveryDays(physicalName(environment, tables.failures.name)),
    });
  });

  it('gives a restored table the TTL that a restore leaves out', () => {
    const given = shellLines().flatMap((line) => {
      const [, table, attribute] = /update-time-to-live --table-name "([^"]+)" .*AttributeName=(\w+)/.exec(line) ?? [];
      return table === undefined ? [] : [[table, attribute]];
    });
    // What processes do is not backed up: there is nothing to restore.
    const { activity: _, ...restorable } = tables;
    const expiring = Object.values(restorable).flatMap((table) =>
      'ttl' in table ? [[physicalName('$ENVIRONMENT', table.name), table.ttl]] : [],
    );
    expect(expiring.length).toBeGreaterThan(1);
    expect(Object.fromEntries(given)).toEqual(Object.fromEntries(expiring));
  });

  it('gives processors back the shares of Spot that they have in the stack', () => {
    const strategy = z.array(
      z.object({ CapacityProvider: z.string(), Base: z.number().optional(), Weight: z.number() }),
    );
    const processor = resources.find(
      ({ Properties }) => Properties['ServiceName'] === `waybill-${environment}-processor`,
    );
    const shares = strategy
      .parse(processor?.Properties['CapacityProviderStrategy'])
      .map(
        ({ CapacityProvider, Base, Weight }) =>
          `capacityProvider=${CapacityProvider},${Base === undefined ? '' : `base=${Base},`}weight=${Weight}`,
      );
    expect(shares).toHaveLength(2);
    expect(shellLines().join('\n')).toContain(` --capacity-provider-strategy ${shares.join(' ')} `);
  });

  it('uses the real names of queues and tables', () => {
    const known = [scanQueue, scanQueue.deadLetterQueue, announcementQueue, ...Object.values(tables)].map(({ name }) =>
      physicalName('$ENVIRONMENT', name),
    );
    const used = new Set(shellBlocks().flatMap((block) => block.match(/\$ENVIRONMENT-waybill-[a-z-]*[a-z]/g) ?? []));
    expect(used.size).toBeGreaterThan(3);
    expect([...used].filter((name) => !known.includes(name))).toEqual([]);
  });

  it('uses the real names of what the services stack names', () => {
    const names = new Set(
      resources.flatMap(({ Properties }) =>
        ['ClusterName', 'ServiceName', 'LogGroupName', 'Family', 'AlarmName', 'BackupVaultName'].map(
          (name) => Properties[name],
        ),
      ),
    );
    const others = stacks.map(({ name }) => name);
    const used = shellBlocks()
      .flatMap((block) => block.split(/[\s"'=]+/))
      .filter((word) => /^(service\/|\/)?waybill[-/]\$ENVIRONMENT/.test(word))
      .map((word) =>
        word.replaceAll('$ENVIRONMENT', environment).replaceAll('$WEBHOOK', webhook).replaceAll('$SERVICE', 'poller'),
      )
      .flatMap((word) => (word.startsWith('service/') ? word.split('/').slice(1) : [word]))
      .filter((name) => !others.includes(name));
    expect(used.length).toBeGreaterThan(0);
    expect([...new Set(used)].filter((name) => !names.has(name))).toEqual([]);
  });
});

it('no alarm of the whole deployment reads a metric of DynamoDB, whose missing data keep it raised', () => {
  const ofAlarms = resources.filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
  expect(JSON.stringify(ofAlarms)).toContain('waybill.store.throttles');
  expect(JSON.stringify(ofAlarms)).not.toContain('AWS/DynamoDB');
});

describe.each(alarms)('the alarm $AlarmName', ({ AlarmName, AlarmDescription }) => {
  it('says how urgent it is, its impact, and where its section is', () => {
    const section = sectionOf(AlarmName);
    expect(AlarmDescription).toMatch(/^(WARNING|CRITICAL): \S.{20,}\. What to do: /);
    expect(AlarmDescription.endsWith(` What to do: ${runbookUrl}#${section}`)).toBe(true);
    // CloudWatch does not cut a longer description: it refuses it.
    expect(AlarmDescription.length).toBeLessThanOrEqual(1_024);
    expect(AlarmName.length).toBeLessThanOrEqual(255);
  });
});
