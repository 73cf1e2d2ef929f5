/** A decision record: its number, its file in `docs/decisions`, its title, and its status. */
export type DecisionRecord = {
  readonly number: number;
  readonly file: string;
  readonly title: string;
  /** The paragraph between title and context: what of the record no longer holds, and which record says so. */
  readonly status: string | undefined;
};

/** Numbers of the records of each part; a number that is in none of them is about code, tests and tools. */
export const parts: Readonly<Record<string, readonly number[]>> = {
  'Scan events and parcel state': [3, 4, 75, 93, 94, 95, 99, 103],
  'The poller: lease, reading, gaps': [10, 11, 12, 13, 14, 15, 16, 74, 85, 86, 87, 88, 89, 90, 175, 176, 177],
  'The consumer and the processor': [30, 31, 32, 33, 34, 36, 72, 73, 79, 80, 81, 82, 83, 84, 100],
  'The operator': [
    105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 194, 195, 196, 197, 198,
    199, 201, 202, 203,
  ],
  'The API': [
    123, 124, 125, 126, 127, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 140, 141, 142, 143, 144, 145,
    146, 147, 148, 214, 215, 216, 217, 219,
  ],
  Notifications: [
    149, 150, 152, 153, 154, 155, 156, 157, 158, 159, 160, 161, 162, 163, 164, 165, 166, 167, 168, 169, 170, 171, 174,
  ],
  'Speed, cost, scale': [40, 41, 42, 43, 62, 102],
  'On AWS': [
    50, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61, 68, 91, 92, 97, 98, 182, 183, 184, 185, 186, 187, 188, 189, 190, 191,
    192,
  ],
  'Images and local engines': [64, 65, 66, 70, 71, 96, 178, 179, 180, 205],
};
const rest = 'Code, tests and tools';

export function readRecord(file: string, text: string): DecisionRecord {
  const [, number, title, status] = /^# (\d+)\. (.+)\n\n(?:(?!#)([\s\S]+?)\n\n)?(?=##)/.exec(text) ?? [];
  if (!title || Number(number) !== Number(file.slice(0, 4))) {
    throw new Error(`${file} does not begin with '# ${Number(file.slice(0, 4))}. Title' and '## Context'`);
  }
  return { number: Number(number), file, title, status: status?.replaceAll('\n', ' ') };
}

/** `docs/decisions/README.md`, made from the records. */
export function decisionsPage(records: readonly DecisionRecord[]): string {
  const placed = new Set(Object.values(parts).flat());
  const groups = [
    ...Object.entries(parts).map(([title, numbers]) => ({
      title,
      records: records.filter(({ number }) => numbers.includes(number)),
    })),
    { title: rest, records: records.filter(({ number }) => !placed.has(number)) },
  ];
  return [
    '# Decisions',
    '',
    'Choices that someone could question, with the positions considered. A record is history: it says what held when it was written, with the names of that time. Its status says what no longer holds. Words of the trade are in the [glossary](../glossary.md).',
    '',
    'Made from the records by `npm run test:unit -- test/docs -u`; a test fails when this page and the records differ.',
    ...groups.flatMap(({ title, records }) => [
      '',
      `## ${title}`,
      '',
      '| | decision | status |',
      '|---|---|---|',
      ...records.map(
        ({ number, file, title, status }) => `| ${number} | [${title}](${file}) | ${status ?? 'accepted'} |`,
      ),
    ]),
    '',
  ].join('\n');
}
