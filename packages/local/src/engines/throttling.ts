import type { IncomingMessage, ServerResponse } from 'node:http';

/** What of a table the engine refuses, as DynamoDB does where a table has too little capacity. */
export type Throttling = {
  readonly table: string;
  /** Of its writes, 0–1: refused evenly, not at random. */
  readonly share: number;
};

type Request = Pick<IncomingMessage, 'headers' | 'once' | 'read' | 'unshift' | 'resume'>;
type Response = Pick<ServerResponse, 'writeHead' | 'end'>;

const writes = /\.(?:PutItem|UpdateItem|DeleteItem|BatchWriteItem)$/;
const refusal = {
  __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
  message:
    'The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.',
};

/**
 * Stands before an engine that cannot throttle by itself: refuses writes to one table while told to, and hands on everything
 * else as it came.
 */
export class Throttle {
  #throttling: Throttling | undefined;
  #due = 0;

  /** Undefined: refuses nothing any more. */
  set(throttling: Throttling | undefined): void {
    this.#throttling = throttling;
    this.#due = 0;
  }

  /** @param serve what the engine does with a request */
  handle(request: Request, response: Response, serve: () => void): void {
    const throttling = this.#throttling;
    if (!throttling || !writes.test(String(request.headers['x-amz-target']))) {
      serve();
      return;
    }
    request.once('readable', () => {
      // A write of Waybill is small: the name of its table is in what comes first.
      const begun: unknown = request.read();
      const names = Buffer.isBuffer(begun) && begun.includes(JSON.stringify(throttling.table));
      if (names && this.#isDue(throttling.share)) {
        request.resume();
        response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(refusal));
        return;
      }
      if (begun !== null) request.unshift(begun);
      serve();
    });
  }

  #isDue(share: number): boolean {
    this.#due += share;
    if (this.#due < 1) return false;
    this.#due -= 1;
    return true;
  }
}
