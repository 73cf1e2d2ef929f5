import { z } from 'zod';

/** The names of schemas in the document, and nowhere else: an id in zod's global registry is one for the whole process. */
export const schemaRegistry = z.registry<{ readonly id: string; readonly description?: string }>();

const taken = new Map<string, z.ZodType>();

/**
 * Names a schema: the document has it once, under components, and refers to it wherever a route uses this very object. The
 * request's and the answer's form of it are one unless they differ; then the request's is called `<id>Input`.
 *
 * @throws where another schema has the id
 */
export function named<Schema extends z.ZodType>(id: string, schema: Schema, description?: string): Schema {
  const other = taken.get(id);
  if (other === schema) return schema;
  if (other !== undefined) throw new Error(`two schemas are called ${id}: give one of them another name`);
  taken.set(id, schema);
  schemaRegistry.add(schema, description === undefined ? { id } : { id, description });
  return schema;
}
