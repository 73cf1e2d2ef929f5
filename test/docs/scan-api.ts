import { fieldExamples } from '@waybill/operations/feed-check/field-examples.ts';
import { parse } from '@waybill/shared/domain/feed-element.ts';
import { expectations, type RejectionCode } from '@waybill/shared/domain/scan-event.ts';

/** The event of the page's example. */
const model: Readonly<Record<string, unknown>> = {
  EventId: 83_269,
  ParcelId: 5_002,
  Type: 'PICKUP',
  CreatedDateTimeUtc: '2021-05-11T21:11:34.15Z',
  StatusCode: 'SORTED',
  User: { RunId: '100' },
  Device: { DeviceId: 103 },
};

/** What a field may hold instead, with how the page shows it. The more telling first. */
const probes: readonly (readonly [shown: string, value: unknown])[] = [
  ['missing', undefined],
  ['`"83269"`', '83269'],
  ['`83269.5`', 83_269.5],
  ['`0`', 0],
  ['`9007199254740992`', Number.MAX_SAFE_INTEGER + 1],
  ['`""`', ''],
  ['`7`', 7],
  ['`"text"`', 'text'],
  ['`{}`', {}],
  ['`[]`', []],
  ['half a surrogate pair', '\ud83d'],
  ['1,025 characters', 'x'.repeat(1_025)],
  ['`null`', null],
];

/** Times as APIs spell them. */
const times = [
  '2021-05-11T21:11:34Z',
  '2021-05-11T21:11:34.1506147Z',
  '2021-05-11T21:11:34.1506147',
  '2021-05-11T23:11:34+02:00',
  '2021-05-11T21:11:34+00:00',
  '2021-05-11 21:11:34',
  '2021-05-11T21:11Z',
  '2021-05-11',
  '2021-02-30T21:11:34Z',
  '11/05/2021 21:11:34',
  '1620767494',
];

const isRejected = (element: unknown) => ('rejection' in parse(element) ? parse(element) : undefined);
const codeOf = (element: unknown) => {
  const parsed = isRejected(element);
  return parsed && 'rejection' in parsed ? parsed.rejection.code : undefined;
};

function withField(path: string, value: unknown): unknown {
  if (path === '') return value;
  const [field = '', inner] = path.split('.');
  return { ...model, [field]: inner === undefined ? value : { [inner]: value } };
}

function fieldRows(): string[] {
  const paths = Object.keys(fieldExamples).filter((path) => path !== '');
  return paths.map((path) => {
    const isOptional = [undefined, null].every((value) => codeOf(withField(path, value)) === undefined);
    const codes = [...new Set(probes.map(([, value]) => codeOf(withField(path, value))))].filter(
      (code) => code !== undefined,
    );
    const expected = codes.filter((code) => code !== 'MISSING').map((code) => expectations[code]);
    return `| \`${path}\` | \`${fieldExamples[path]}\` | ${isOptional ? 'may' : 'must not'} | ${expected.join('; ')} |`;
  });
}

function reasonRows(): string[] {
  const examples = Object.keys(fieldExamples).flatMap((path) =>
    probes
      .filter(([, value]) => path !== '' || value !== undefined)
      .map(([shown, value]) => ({
        code: codeOf(withField(path, value)),
        path,
        text: path === '' ? `the element is ${shown}` : `\`${path}\` is ${shown}`,
      })),
  );
  // Of each field the first that is so.
  const tellingOf = (code: string) => {
    const found = examples.filter((example) => example.code === code).toReversed();
    return [...new Map(found.map((example) => [example.path, example.text])).values()].toReversed().slice(0, 4);
  };
  return Object.entries(expectations).map(([code, expected]) => {
    const found = tellingOf(code);
    const shown =
      found.length > 0 ? found.join(', ') : 'what stays of a page that is neither JSON nor UTF-8, or that always fails';
    return `| \`${code satisfies string}\` | ${expected} | ${shown} |`;
  });
}

function timeRows(): string[] {
  return times.map((time) => {
    const code: RejectionCode | undefined = codeOf({ ...model, CreatedDateTimeUtc: time });
    return `| \`"${time}"\` | ${code === undefined ? 'taken' : `rejected, \`${code}\``} |`;
  });
}

const tables: Readonly<Record<string, () => string[]>> = {
  fields: () => [
    '| field | such as | be null or missing | what else it must be |',
    '|---|---|---|---|',
    ...fieldRows(),
  ],
  times: () => ['| `CreatedDateTimeUtc` | |', '|---|---|', ...timeRows()],
  reasons: () => ['| reason | expected | such as |', '|---|---|---|', ...reasonRows()],
};

/** `docs/scan-api.md`, with its tables as the validator has them. */
export function withTables(page: string): string {
  return Object.entries(tables).reduce((text, [name, rows]) => {
    const place = new RegExp(`(?<=<!-- ${name}: .* -->\\n)[^]*?(?=<!-- end -->)`);
    if (!place.test(text)) throw new Error(`docs/scan-api.md has no place for its table of ${name}`);
    return text.replace(place, () => `\n${rows().join('\n')}\n\n`);
  }, page);
}

/** The adapter of the page. */
export function adapterOf(page: string): string {
  const [, code] = /^```js\n(\/\/ adapter\.mjs[\s\S]*?)^```$/m.exec(page) ?? [];
  if (code === undefined) throw new Error('docs/scan-api.md has no adapter.mjs');
  return code;
}
