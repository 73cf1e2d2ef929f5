import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { merge, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { stageOf } from '@waybill/shared/domain/stage.ts';
import { stages } from '@waybill/shared/domain/stage-names.ts';
import { readEnv } from '@waybill/shared/process/env.ts';
import { stagesVariable } from '@waybill/shared/process/stages-variable.ts';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { fenced } from './data-model.ts';

const page = readFileSync(fileURLToPath(import.meta.resolve('../../docs/stages.md')), 'utf8');
const [STAGES = ''] = fenced(page, 'json');
const { STAGES: mapping } = readEnv(z.object({ STAGES: stagesVariable }), { STAGES });
const examples = [...page.matchAll(/^\| ((?:`[^`]+`(?:, )?)+) \| `([a-z-]+)` \|$/gm)];

it('docs/stages.md has a row for each stage, with what EasyPost, AfterShip and Shippo call it', () => {
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| [^|]+ \| [^|]+ \| [^|]+ \| [^|]+ \|$/gm)];
  expect(rows.map(([, stage]) => stage)).toEqual(stages);
});

it('its mapping says every stage that a mapping can say, but registered', () => {
  const said = new Set<string>(mapping.values());
  expect(stages.filter((stage) => !said.has(stage))).toEqual(['registered', 'delivered']);
});

it.each(examples.map(([, scans = '', stage = '']) => [scans, stage] as const))(
  'shows that %s is %s',
  (scans, stage) => {
    const states = [...scans.matchAll(/`([^`]+)`/g)].map(([, scan = ''], index) => {
      const [type = '', statusCode = ''] = scan.split('/');
      const at = { eventId: index + 1, parcelId: 1, createdDateTimeUtc: '2021-05-11T21:11:34Z', runId: '' };
      return stateOf({ ...at, type, statusCode });
    });
    expect(stageOf(states.reduce(merge), mapping)).toBe(stage);
  },
);

it('has examples', () => {
  expect(examples.length).toBeGreaterThan(6);
});
