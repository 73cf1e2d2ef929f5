import * as operations from './generated/waybill.ts';
import type { Options, Server } from './request.ts';

type Operations = typeof operations;
type OperationName = {
  [Name in keyof Operations]: Operations[Name] extends (...input: never) => Promise<unknown> ? Name : never;
}[keyof Operations];

/** Every operation of the API by its operationId: input, then options of `fetch` for this one request. */
export type WaybillClient = Pick<Operations, OperationName>;

/**
 * A client of one server. An operation resolves with what the server answered, `{ status, data, headers }`: the status tells
 * what `data` is, a problem (RFC 9457) from 400 on. It rejects where no answer comes.
 */
export function createClient(server: Server): WaybillClient {
  const bound = Object.entries(operations).flatMap(([name, operation]) =>
    typeof operation === 'function' && !/^get.+Url$/.test(name) ? [[name, bind(operation, server)] as const] : [],
  );
  // Holds: what is left are the functions that return a promise, under their names.
  return Object.fromEntries(bound) as WaybillClient;
}

/** A generated function takes its options last. */
function bind(operation: (...input: never[]) => unknown, server: Server) {
  return (...input: readonly unknown[]) => {
    const before = operation.length - 1;
    const given = Array.from({ length: before }, (_, at) => input[at]);
    const options: Options = { ...(input[before] as Options | undefined), server };
    return (operation as (...input: unknown[]) => unknown)(...given, options);
  };
}
