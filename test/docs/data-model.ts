import { z } from 'zod';

/** What `docs/data-model.md` says of one table. */
export type DocumentedTable = {
  readonly name: string;
  readonly key: string;
  readonly attributes: readonly DocumentedAttribute[];
  /** Items in the form of DynamoDB's API. */
  readonly examples: readonly Readonly<Record<string, DocumentedValue>>[];
  /** Shell commands, each with its continuations on one line. */
  readonly commands: readonly string[];
};

export type DocumentedAttribute = { readonly name: string; readonly type: string; readonly kind: string };

const text = z.strictObject({ S: z.string() });
const number = z.strictObject({ N: z.string().regex(/^\d+$/) });
const documentedValue = z.union([
  text,
  number,
  z.strictObject({ M: z.record(z.string(), z.union([text, number])) }),
  z.strictObject({ SS: z.array(z.string()).min(1) }),
  // As the command line shows bytes.
  z.strictObject({ B: z.base64().transform((text): Uint8Array => Buffer.from(text, 'base64')) }),
  z.strictObject({ NS: z.array(z.string().regex(/^\d+$/)).min(1) }),
]);
const documentedItem = z.record(z.string(), documentedValue);

export type DocumentedValue = z.infer<typeof documentedValue>;

/** The sections that are about a table. */
export function documentedTables(page: string): readonly DocumentedTable[] {
  return page
    .split(/^## /m)
    .filter((section) => /^\w+ table\n/.test(section))
    .map((section) => ({
      name: /^`([a-z-]+)`\. One /m.exec(section)?.[1] ?? '',
      key: /Key: `(\w+)` \(([NS])\)/.exec(section)?.slice(1).join(' ') ?? '',
      attributes: [...section.matchAll(/^\| `(\w+)` \| (\w+) \| (\w+) \| \S.* \|$/gm)].map(
        ([, name = '', type = '', kind = '']) => ({ name, type, kind }),
      ),
      examples: fenced(section, 'json').map((json) => documentedItem.parse(JSON.parse(json))),
      commands: fenced(section, 'sh').flatMap((block) => block.replaceAll(/\\\n\s*/g, '').split('\n')),
    }));
}

/** What stands between fences of this language. */
export function fenced(text: string, language: string): readonly string[] {
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, of, block = '']) =>
    of === language ? [block] : [],
  );
}
