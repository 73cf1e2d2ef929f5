import type { Clock } from '@waybill/shared/clock.ts';
import type { FastifyRequest } from 'fastify';
import { identify, nobody, requireRouteScope } from '../access/access.ts';
import { findCaller } from '../access/tokens.ts';
import { Problem } from '../problems/problem.ts';
import type { ApiSettings } from './api-dependencies.ts';
import { bodiesOfStrangers, mostAddresses } from './limits.ts';
import { refusal } from './refusal.ts';
import { RequestRate } from './request-rate.ts';

/**
 * Lets a request in by its headers alone, before anything of its body is read: who asks, whether it may, whether it asks
 * too often, and whether there is memory for its body. Throws what it is answered with.
 *
 * Who promises a signature is a stranger until the body is there: all of them together are bounded as one caller is.
 *
 * Who shows no valid token is counted by address: one second's worth of guesses, whatever the others with that address
 * do who have a token.
 */
export function admission({
  settings,
  clock,
}: {
  settings: ApiSettings;
  clock: Clock;
}): (request: FastifyRequest) => void {
  const { requestsPerSecond: perSecond, bodyMaxBytes } = settings;
  const find = findCaller(settings.tokens);
  const ofToken = new RequestRate({ clock, perSecond, mostKeys: Math.max(1, settings.tokens.length) });
  const ofAddress = new RequestRate({ clock, perSecond, mostKeys: mostAddresses });
  const ofSigner = new RequestRate({ clock, perSecond, mostKeys: mostAddresses });
  const takeAsStranger = (request: FastifyRequest) => {
    // Apart from guesses, so that who guesses does not keep out who signs.
    const rate = request.routeOptions.config?.signed ? ofSigner : ofAddress;
    const wait = rate.take(request.ip ?? '');
    if (wait > 0) throw refusal('address rate', wait);
  };
  return (request) => {
    try {
      identify(request, find, { mayBeSigned: settings.ingestSecrets.length > 0 });
    } catch (error) {
      takeAsStranger(request);
      throw error;
    }
    const { caller, visit } = request;
    const isSigned = caller === nobody && request.routeOptions.config?.signed;
    if (caller === nobody) {
      takeAsStranger(request);
      if (isSigned) visit.countFor(signers);
    } else {
      const wait = ofToken.take(caller.name);
      if (wait > 0) throw refusal('token rate', wait);
      visit.countFor(caller.name);
    }
    requireRouteScope(request);
    const bytes = bodyBytes(request, bodyMaxBytes);
    if (bytes > bodyMaxBytes) throw new Problem('TOO_LARGE', `the body has more than ${bodyMaxBytes} bytes`);
    if (bytes > 0) visit.hold(bytes, isSigned ? bodiesOfStrangers : 1);
  };
}

/** Under which they are counted: a name that no token and no secret may have. */
const signers = '';

/** Bytes that the body may have, by the headers. */
function bodyBytes({ headers }: FastifyRequest, most: number): number {
  if (headers['transfer-encoding'] !== undefined) return most;
  return Number(headers['content-length'] ?? 0) || 0;
}
