import { WaybillError } from '@waybill/shared/error.ts';

/** A question about a table that the deployment does not have. `lacks`: what this means, as `takes no pushed batches`. */
export function notConfigured(lacks: string, variable: string): WaybillError {
  return new WaybillError('NOT_CONFIGURED', `this deployment ${lacks}: ${variable} is not set`, {
    details: { variable, next: `set ${variable} to the name of the table, if there is one` },
  });
}
