/** What a document is made of. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Schemas = Readonly<Record<string, Json>>;

const prefix = '#/components/schemas/';

/**
 * The schemas of a document that something refers to, each once. fastify-type-provider-zod makes two of each that has a name,
 * `Parcel` for answers and `ParcelInput` for requests, whether used or not and even where they are the same.
 *
 * @param rest the document without its schemas
 */
export function usedSchemas(rest: Json, schemas: Schemas): { readonly rest: Json; readonly schemas: Schemas } {
  const renames = equalForms(schemas);
  const renamed = renamedIn(rest, renames);
  const used = new Map<string, Json>();
  const look = (json: Json) => {
    for (const id of refsIn(json)) {
      if (used.has(id)) continue;
      const schema = schemas[id];
      if (schema === undefined) throw new Error(`the document refers to a schema ${id}, which nobody has named`);
      const its = renamedIn(schema, renames);
      used.set(id, its);
      look(its);
    }
  };
  look(renamed);
  return { rest: renamed, schemas: Object.fromEntries([...used].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** The forms for requests that are the same as those for answers, by their ids: what each is to be called. */
function equalForms(schemas: Schemas): ReadonlyMap<string, string> {
  let equal = new Map(Object.keys(schemas).map((id) => [`${id}Input`, id]));
  for (;;) {
    // What two forms refer to must be the same as well: first all are taken to be, until none contradicts.
    const still = new Map(
      [...equal].filter(([input, id]) => {
        const form = schemas[input];
        return form !== undefined && JSON.stringify(renamedIn(form, equal)) === JSON.stringify(schemas[id]);
      }),
    );
    if (still.size === equal.size) return still;
    equal = still;
  }
}

function refsIn(json: Json): string[] {
  return [...JSON.stringify(json).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, id = '']) => id);
}

function renamedIn(json: Json, renames: ReadonlyMap<string, string>): Json {
  return JSON.parse(JSON.stringify(json), (key, value: Json) => {
    if (key !== '$ref' || typeof value !== 'string' || !value.startsWith(prefix)) return value;
    const id = value.slice(prefix.length);
    return `${prefix}${renames.get(id) ?? id}`;
  });
}
