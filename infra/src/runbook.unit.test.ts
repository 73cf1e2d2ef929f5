import { spawnSync } from 'node:child_process';
import { physicalName, scanQueue, tables } from '@waybill/shared/resources.ts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { alarmSections, anchors, innerLinks, shellBlocks } from '../test/runbook.ts';
import { synthesize } from '../test/synthesized.ts';

const runbookUrl = 'https://wiki.example/waybill';
const { stacks } = synthesize({
  environment: 'test',
  apiUrl: 'https://carrier.example/v1/scans/scanevents',
  runbookUrl,
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

describe('the runbook', () => {
  it('has a section for each alarm and an alarm for each section, in the order of the alphabet', () => {
    const named = alarms.map(({ AlarmName }) => AlarmName.replace('waybill-test-', '')).toSorted();
    expect(named.length).toBeGreaterThan(6);
    expect(sections.map(({ heading }) => heading)).toEqual(named);
  });

  it.each(sections)('says of $heading what it is, what it means, how to look and what to do', ({ parts }) => {
    expect(parts).toEqual(['Description', 'Impact', 'Investigation', 'Resolution']);
  });

  it('leads nowhere that is not there', () => {
    expect(innerLinks().filter((link) => !anchors().includes(link))).toEqual([]);
  });

  it('has commands that bash can read', () => {
    expect(shellBlocks().length).toBeGreaterThan(10);
    for (const block of shellBlocks()) {
      const { status, stderr } = spawnSync('bash', ['-n'], { input: block, encoding: 'utf8' });
      expect({ block, status, stderr }).toEqual({ block, status: 0, stderr: '' });
    }
  });

  it('names queues and tables as they are named', () => {
    const known = [scanQueue, scanQueue.deadLetterQueue, ...Object.values(tables)].map(({ name }) =>
      physicalName('$ENVIRONMENT', name),
    );
    const used = new Set(shellBlocks().flatMap((block) => block.match(/\$ENVIRONMENT-waybill-[a-z-]*[a-z]/g) ?? []));
    expect(used.size).toBeGreaterThan(3);
    expect([...used].filter((name) => !known.includes(name))).toEqual([]);
  });

  it('names what the services stack names as it does', () => {
    const names = new Set(
      resources.flatMap(({ Properties }) =>
        ['ClusterName', 'ServiceName', 'LogGroupName'].map((name) => Properties[name]),
      ),
    );
    const others = ['waybill-test-', ...stacks.map(({ name }) => name)];
    const used = shellBlocks()
      .flatMap((block) => block.split(/[\s"'=]+/))
      .filter((word) => /^(service\/|\/)?waybill[-/]\$ENVIRONMENT/.test(word))
      .map((word) => word.replaceAll('$ENVIRONMENT', 'test'))
      .flatMap((word) => (word.startsWith('service/') ? word.split('/').slice(1) : [word]))
      .filter((name) => !others.includes(name));
    expect(used.length).toBeGreaterThan(0);
    expect([...new Set(used)].filter((name) => !names.has(name))).toEqual([]);
  });
});

describe.each(alarms)('the alarm $AlarmName', ({ AlarmName, AlarmDescription }) => {
  it('says how urgent it is, its impact, and where its section is', () => {
    const section = AlarmName.replace('waybill-test-', '');
    expect(AlarmDescription).toMatch(/^(WARNING|CRITICAL): \S.{20,}\. What to do: /);
    expect(AlarmDescription.endsWith(` What to do: ${runbookUrl}#${section}`)).toBe(true);
    // CloudWatch cuts nothing: it refuses a longer description.
    expect(AlarmDescription.length).toBeLessThanOrEqual(1_024);
  });
});
