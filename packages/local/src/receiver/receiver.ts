import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { listen } from '@waybill/shared/http/listen.ts';
import { type Misbehaviour, type MisbehaviourPlan, noMisbehaviours, planned } from './misbehaviour.ts';
import { type Notification, readNotification } from './notification.ts';
import { verify } from './signature.ts';

const path = '/hooks/waybill';
/** Where a redirect leads; nobody must come. */
const elsewhere = '/elsewhere';

export type ReceiverOptions = {
  /** `whsec_…`: a request must be signed with one of them. */
  readonly secrets: readonly string[];
  /** Without it the receiver is well, until {@link Receiver.misbehave}. */
  readonly plan?: MisbehaviourPlan;
  /** Milliseconds after which it responds `late`: more than the caller's time limit. */
  readonly lateMs?: number;
  /** Milliseconds for which it is `unauthorized`, once planned. */
  readonly unauthorizedMs?: number;
  /** Milliseconds before every good response. */
  readonly latencyMs?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Called for each notification that is taken, at its time. */
  readonly onTaken?: (notification: Notification, atMs: number) => void;
  /** Where it listens; by default on a free port of 127.0.0.1. */
  readonly host?: string;
  readonly port?: number;
};

/** A notification by its id, and how often it was told. */
export type Told = {
  /** As it was told last. */
  readonly notification: Notification;
  readonly times: number;
  /** Different milestones that it was told of: more than one when the parcel changed between two attempts. */
  readonly milestones: readonly ToldMilestone[];
};

export type ToldMilestone = Pick<Notification, 'eventId' | 'timeUtc'>;

export type ReceiverCounts = {
  /** Requests to the webhook. */
  readonly requests: number;
  /** Taken, repetitions included. */
  readonly taken: number;
  /** Refused with 401 for their signature. */
  readonly unverified: number;
  /** Refused with 400, because they are not as the contract says. */
  readonly malformed: number;
  /** Requests that followed a redirect, or went anywhere else. */
  readonly astray: number;
  /** Refused by {@link Receiver.refuse}. */
  readonly refused: number;
  readonly misbehaved: Readonly<Record<Misbehaviour, number>>;
};

/** A webhook's receiver that verifies and remembers what it is told, and misbehaves as real ones do. */
export type Receiver = {
  /** The value for `WEBHOOK_URL`. */
  readonly url: string;
  told(): ReadonlyMap<string, Told>;
  counts(): ReceiverCounts;
  /** Does this to every request from now on; undefined: is well again. */
  misbehave(kind: Misbehaviour | undefined): void;
  /** Refuses the notifications of a parcel with this status; undefined: takes them again. */
  refuse(parcelId: number, status: number | undefined): void;
  /** Ends the server and every connection to it. May be called twice. */
  stop(): Promise<void>;
};

/** Starts a receiver. `/livez` says that it is up, and `/told` what it was told, in numbers. Rejects when it cannot listen. */
export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const { host = '127.0.0.1', port = 0 } = options;
  const stopping = new AbortController();
  const handler = new ReceiverHandler(options, stopping.signal);
  const server = await listen({ host, port }, (request, response) => {
    // A caller that went away, or a receiver that stops: there is nobody left to tell.
    handler.handle(request, response).catch(() => response.destroy());
  });
  return {
    url: `http://${host}:${server.port}${path}`,
    told: () => handler.told,
    counts: () => handler.counts(),
    misbehave: (kind) => handler.misbehave(kind),
    refuse: (parcelId, status) => handler.refuse(parcelId, status),
    stop: async () => {
      stopping.abort();
      await server.stop();
    },
  };
}

type Counting = { -readonly [Name in Exclude<keyof ReceiverCounts, 'misbehaved'>]: number };

class ReceiverHandler {
  readonly told = new Map<string, Told>();
  readonly #options: ReceiverOptions;
  readonly #stopping: AbortSignal;
  readonly #next: () => Misbehaviour | undefined;
  readonly #refused = new Map<number, number>();
  readonly #counts: Counting = { requests: 0, taken: 0, unverified: 0, malformed: 0, astray: 0, refused: 0 };
  readonly #misbehaved = { ...noMisbehaviours };
  #always: Misbehaviour | undefined;
  #unauthorizedUntil = Number.NEGATIVE_INFINITY;

  constructor(options: ReceiverOptions, stopping: AbortSignal) {
    this.#options = options;
    this.#stopping = stopping;
    this.#next = options.plan ? planned(options.plan) : () => undefined;
  }

  counts(): ReceiverCounts {
    return { ...this.#counts, misbehaved: { ...this.#misbehaved } };
  }

  misbehave(kind: Misbehaviour | undefined): void {
    this.#always = kind;
  }

  refuse(parcelId: number, status: number | undefined): void {
    if (status === undefined) this.#refused.delete(parcelId);
    else this.#refused.set(parcelId, status);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '/' } = request;
    if (url === '/livez') return send(response, 200, { ok: true });
    if (url === '/told') return send(response, 200, { notifications: this.told.size, ...this.counts() });
    if (url !== path || method !== 'POST') {
      this.#counts.astray += 1;
      return send(response, 404, {});
    }
    this.#counts.requests += 1;
    const body = await bodyOf(request);
    const now = this.#options.now ?? Date.now;
    const verified = verify(this.#options.secrets, request.headers, body, now());
    if ('problem' in verified) {
      this.#counts.unverified += 1;
      return send(response, 401, { error: verified.problem });
    }
    const notification = readNotification(verified.id, body);
    if (!notification) {
      this.#counts.malformed += 1;
      return send(response, 400, { error: 'not a notification' });
    }
    const fault = this.#always ?? this.#planned(now());
    if (fault) {
      this.#misbehaved[fault] += 1;
      return await this.#misbehaviour(fault, notification, response);
    }
    const refusal = this.#refused.get(notification.parcelId);
    if (refusal !== undefined) {
      this.#counts.refused += 1;
      return send(response, refusal, { error: 'refused' });
    }
    if (this.#options.latencyMs !== undefined) await this.#wait(this.#options.latencyMs);
    this.#take(notification);
    response.writeHead(204).end();
  }

  #planned(nowMs: number): Misbehaviour | undefined {
    if (nowMs < this.#unauthorizedUntil) return 'unauthorized';
    const fault = this.#next();
    if (fault === 'unauthorized') this.#unauthorizedUntil = nowMs + (this.#options.unauthorizedMs ?? 1_500);
    return fault;
  }

  async #misbehaviour(fault: Misbehaviour, notification: Notification, response: ServerResponse): Promise<void> {
    switch (fault) {
      case 'serverError':
        return send(response, 500, { error: 'internal' });
      case 'unavailable':
        return send(response, 503, { error: 'maintenance' }, { 'retry-after': '1' });
      case 'tooMany':
        return send(response, 429, { error: 'slow down' });
      case 'redirect':
        return send(response, 307, {}, { location: elsewhere });
      case 'unauthorized':
        return send(response, 401, { error: 'who are you' });
      case 'cut':
        response.socket?.destroy();
        return;
      case 'lost':
        this.#take(notification);
        response.socket?.destroy();
        return;
      case 'hang':
        return;
      case 'late':
        this.#take(notification);
        await this.#wait(this.#options.lateMs ?? 2_000);
        response.writeHead(204).end();
        return;
      case 'drip':
        this.#take(notification);
        return await this.#drip(response);
    }
  }

  /** A byte now and then, until the caller has had enough. */
  async #drip(response: ServerResponse): Promise<void> {
    response.writeHead(200, { 'content-type': 'text/plain' });
    while (!response.destroyed) {
      response.write('.');
      await this.#wait(dripEveryMs);
    }
  }

  #take(notification: Notification): void {
    const { id, eventId, timeUtc } = notification;
    const { times, milestones } = this.told.get(id) ?? { times: 0, milestones: [] };
    const isKnown = milestones.some((each) => each.eventId === eventId && each.timeUtc === timeUtc);
    this.#counts.taken += 1;
    this.told.set(id, {
      notification,
      times: times + 1,
      milestones: isKnown ? milestones : [...milestones, { eventId, timeUtc }],
    });
    this.#options.onTaken?.(notification, (this.#options.now ?? Date.now)());
  }

  #wait(ms: number): Promise<void> {
    return delay(ms, undefined, { signal: this.#stopping });
  }
}

const dripEveryMs = 50;

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  // Without an encoding, chunks are buffers.
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
