import { type Json, usedSchemas } from './components.ts';
import { headers, info, securitySchemes, tags } from './description.ts';
import { type Access, completed, membersOf, sharedProblems } from './operation.ts';
import { webhooks } from './webhooks.ts';

/**
 * The whole document, from what @fastify/swagger and the type provider made of the routes.
 *
 * @param paths operations by path and method
 * @param schemas each named schema in its two forms
 * @param accessOf who may call an operation, by its operationId
 * @throws where an operation has no operationId or a schema is referred to that has no name
 */
export function documentOf(paths: Json, schemas: Json, accessOf: ReadonlyMap<string, Access>): Json {
  const operations = Object.entries(membersOf(paths)).flatMap(([path, methods]) =>
    Object.entries(membersOf(methods)).map(([method, json]) => {
      const operation = membersOf(json);
      const unknown = [operation['tags'] ?? []].flat().filter((tag) => !tags.some(({ name }) => name === tag));
      if (unknown.length > 0)
        throw new Error(`${method} ${path} has a tag that description.ts does not tell of: ${unknown.join()}`);
      const access = accessOf.get(String(operation['operationId']));
      if (!access) throw new Error(`${method} ${path} has no operationId, or one that another has`);
      return { path, method, operation: completed(operation, access) };
    }),
  );
  const { shared, inPlace } = sharedProblems(operations.map(({ operation }) => operation));
  const byPath = Map.groupBy(operations, ({ path }) => path);
  const used = usedSchemas(
    {
      paths: Object.fromEntries(
        [...byPath].map(([path, its]) => [
          path,
          Object.fromEntries(
            its.map(({ method, operation }) => [
              method,
              {
                ...operation,
                responses: Object.fromEntries(
                  Object.entries(membersOf(operation['responses'])).map(([status, json]) => [status, inPlace(json)]),
                ),
              },
            ]),
          ),
        ]),
      ),
      webhooks,
      responses: shared,
    },
    membersOf(schemas),
  );
  const { paths: its, webhooks: told, responses } = membersOf(used.rest);
  return {
    openapi: '3.1.1',
    info,
    servers: [{ url: '/' }],
    tags,
    paths: its ?? {},
    webhooks: told ?? {},
    components: { securitySchemes, headers, responses: responses ?? {}, schemas: used.schemas },
  };
}
