/** A way to break the logic that the simulator must notice. */
export type Mutant = {
  readonly name: string;
  /** The promise of design.md that it breaks. */
  readonly promise: 1 | 2 | 3 | 4 | 5 | 6 | 7;
  /** The source, from the repository's root. */
  readonly file: string;
  /** Occurs there exactly once: a mutant whose place has changed fails a test, and does not pass silently. */
  readonly find: string;
  readonly replace: string;
};

const poller = 'packages/poller/src';
const consumer = 'packages/consumer/src';
const processor = 'packages/processor/src';
const shared = 'packages/shared/src';

export const mutants: readonly Mutant[] = [
  {
    name: 'the checkpoint moves before SQS confirmed the page',
    promise: 3,
    file: `${poller}/forward-pages.ts`,
    find: 'await sending;',
    replace: 'await lease.moveTo(followed.last, ending); await sending;',
  },
  {
    name: 'failed entries of SendMessageBatch are ignored',
    promise: 1,
    file: `${shared}/queue/send.ts`,
    find: 'if (failures.length > 0) throw refused(failures);',
    replace: 'if (failures.length > 99) throw refused(failures);',
  },
  {
    name: 'a message is deleted before its events are stored',
    promise: 1,
    file: `${consumer}/message-work.ts`,
    find: 'await this.#settle(one, await failedOf(index));',
    replace: 'failedOf(index).catch(() => undefined); await this.#settle(one, []);',
  },
  {
    name: 'writes are gated on the latest id alone',
    promise: 2,
    file: `${processor}/parcels/parcel-writes.ts`,
    find: "if (sameState(merged, stored.state)) return 'redundant';",
    replace: "if (change.latest.eventId <= stored.state.latest.eventId) return 'redundant';",
  },
  {
    name: 'a statement that the engine did not do is taken for done',
    promise: 1,
    file: `${processor}/parcels/batched/batched-parcel-table.ts`,
    find: "if (answer.kind !== 'failed') return answer;",
    replace: "return answer.kind === 'failed' ? { kind: 'done' } : answer;",
  },
  {
    name: 'the first answer of a call is taken for all of its statements',
    promise: 1,
    file: `${processor}/parcels/batched/statement-batches.ts`,
    find: 'resolve(answers[index] ??',
    replace: 'resolve(answers[0] ??',
  },
  {
    name: 'what a call of statements refuses is taken for stored',
    promise: 1,
    file: `${processor}/parcels/batched/batched-parcel-table.ts`,
    find: "if (answer.kind !== 'unmet') return await single.apply(change);",
    replace: "if (answer.kind !== 'unmet') return { done: true };",
  },
  {
    name: 'a write in batches forgets the milestone that is there',
    promise: 2,
    file: `${processor}/parcels/batched/batched-parcel-table.ts`,
    find: 'const kept = merge(stored.state, change);',
    replace: 'const kept = change;',
  },
  {
    name: 'the checkpoint takes writes with an old fencing token',
    promise: 3,
    file: 'test/simulator/simulated-checkpoints.ts',
    find: "if (!item || item.token !== token) return 'fenced';",
    replace: "if (!item) return 'fenced';",
  },
  {
    name: 'a failed message is put aside by hand instead of by the redrive policy',
    promise: 6,
    file: `${consumer}/settle-failed.ts`,
    find: 'await leave(held, failures, deps);',
    replace: 'await deps.inHand.delete(held);',
  },
  {
    name: 'the original is deleted before its split is on the queue',
    promise: 1,
    file: `${consumer}/settle-failed.ts`,
    find: 'await resend(split, held, deps, deps.workDeadline);',
    replace: 'await deps.inHand.delete(held); await resend(split, held, deps, deps.workDeadline);',
  },
  {
    name: 'work that an outage stops is given back instead of held',
    promise: 5,
    file: `${consumer}/guard/guard.ts`,
    find: "if (this.#faultOf(error, lane) === 'item' || signal.aborted) throw error;",
    replace: 'throw error;',
  },
  {
    name: 'what an outage held stays held when it is over',
    promise: 5,
    file: `${consumer}/guard/guard.ts`,
    find: "this.#changeTo('closed');",
    replace: '',
  },
  {
    name: 'an outage is taken for poison',
    promise: 5,
    file: `${shared}/error.ts`,
    find: 'return error instanceof WaybillError && error.code === code;',
    replace:
      "return code === 'STORE_REJECTED' ? error instanceof Error : error instanceof WaybillError && error.code === code;",
  },
  {
    name: 'the breaker of receives never opens',
    promise: 5,
    file: `${consumer}/receive-breaker.ts`,
    find: 'if (mayHaveReceived(error)) this.#wasLost(poll, error);',
    replace: '',
  },
  {
    name: 'visibility is not renewed',
    promise: 5,
    file: `${consumer}/messages-in-hand.ts`,
    find: 'this.#renewDue(clock.monotonic());',
    replace: '',
  },
  {
    name: 'a late event overwrites what was stored meanwhile',
    promise: 2,
    file: 'test/simulator/simulated-parcel-table.ts',
    find: 'if (stored?.revision !== revision) return',
    replace: 'if (!stored) return',
  },
  {
    name: 'a milestone is that of the event that came last',
    promise: 2,
    file: `${shared}/domain/parcel-state.ts`,
    find: 'return a.eventId < b.eventId ? a : b;',
    replace: 'return b;',
  },
  {
    name: 'a stop drops what is in hand',
    promise: 7,
    file: `${consumer}/consumer.ts`,
    find: 'await this.#handBackAtStop(this.#inHand.remaining());',
    replace: '',
  },
  {
    name: 'a stop hands back to its own polls',
    promise: 7,
    file: `${consumer}/consumer.ts`,
    find: 'await Promise.race([this.#prefetch.ended(), this.#pollsDeadline.promise]);',
    replace: '',
  },
  {
    name: 'a stop gives back what is on its last allowed receive as it is',
    promise: 5,
    file: `${consumer}/hand-back.ts`,
    find: 'for (const held of open) held.isDone = true;',
    replace: 'for (const held of open) { held.isDone = true; held.interruption = undefined; }',
  },
  {
    name: 'the last allowed receive is worked on with no reason on record',
    promise: 1,
    file: `${consumer}/last-receive.ts`,
    find: 'await this.#record(interruption, signal);',
    replace: '',
  },
  {
    name: 'a failure is not on record when its event is split off',
    promise: 1,
    file: `${consumer}/settle-failed.ts`,
    find: 'await Promise.all(failures.map((failure) => recordFailure(failure, held, deps)));',
    replace: 'void Promise.all(failures.map((failure) => recordFailure(failure, held, deps)));',
  },
  {
    name: 'an event that fails takes its neighbours with it',
    promise: 4,
    file: `${consumer}/settle-failed.ts`,
    find: 'if (single || split.length < failures.length) {',
    replace: 'if (failures.length > 0) {',
  },
  {
    name: 'success after a redrive does not resolve the failure',
    promise: 6,
    file: `${consumer}/message-work.ts`,
    find: 'if (resolves !== undefined) await guard.execute(resolves, () => failureLog.resolve(resolves), workDeadline);',
    replace: '',
  },
  {
    name: 'elements that are not scan events are dropped',
    promise: 1,
    file: `${poller}/feed/page.ts`,
    find: 'else rejected.push({',
    replace: 'else [].push({',
  },
  {
    name: 'one corrupt id skips the feed',
    promise: 1,
    file: `${poller}/feed/position.ts`,
    find: 'if (isJump && id >= highest) break;',
    replace: '',
  },
  {
    name: 'an idle feed is sent again with every poll',
    promise: 1,
    file: `${poller}/feed/seen-contents.ts`,
    find: 'const isNew = !this.#digests.delete(digest);',
    replace: 'const isNew = true; this.#digests.delete(digest);',
  },
  {
    name: 'a standby takes the lease from a holder that is alive',
    promise: 3,
    file: `${poller}/checkpoint/stand-by.ts`,
    find: 'if (!isFree && !isSilent) {',
    replace: 'if (false) {',
  },
  {
    name: 'a stripe is confirmed before SQS confirmed its page',
    promise: 3,
    file: `${poller}/catch-up/read-stripe.ts`,
    find: 'await send({ ...unseen, last }, signal);',
    replace: 'void send({ ...unseen, last }, signal).catch(() => undefined);',
  },
  {
    name: 'the checkpoint moves past an unfinished stripe',
    promise: 3,
    file: `${poller}/catch-up/catch-up.ts`,
    find: 'const [front] = this.#stripes;',
    replace: 'const front = this.#stripes.find(({ confirmed, from }) => confirmed >= from) ?? this.#stripes[0];',
  },
  {
    name: 'a stripe begins one id too late',
    promise: 1,
    file: `${poller}/catch-up/catch-up.ts`,
    find: 'const from = this.#nextFrom;',
    replace: 'const from = this.#nextFrom + 1;',
  },
  {
    name: 'a stripe that was handed back is taken for read',
    promise: 1,
    file: `${poller}/catch-up/catch-up.ts`,
    find: "if (front?.isHandedBack) return { kind: 'handed back' };",
    replace: 'if (front?.isHandedBack) { front.confirm(front.end - 1, [], undefined); continue; }',
  },
  {
    name: 'the sequential reader passes what others have in hand',
    promise: 3,
    file: `${poller}/follow/follow-feed.ts`,
    find: 'await catchingUp?.untilConfirmed(followed.last);',
    replace: '',
  },
  {
    name: 'an event is taken for sent by its id, whatever its content',
    promise: 1,
    file: `${poller}/catch-up/sent-events.ts`,
    find: 'return digest !== undefined && digest === digestOfEvent(event);',
    replace: 'return digest !== undefined;',
  },
  {
    name: 'what was seen ahead is taken for sent before it is',
    promise: 3,
    file: `${poller}/catch-up/backlog-probe.ts`,
    find: 'await send({ ...unseen, last }, signal);',
    replace: 'void send({ ...unseen, last }, signal).catch(() => undefined);',
  },
  {
    name: 'gaps are not watched',
    promise: 1,
    file: `${poller}/work-under-lease.ts`,
    find: 'const { gapPatienceMs: patienceMs, requestsPerSecond, leaseMs } = settings;',
    replace: 'const { requestsPerSecond, leaseMs } = settings; const patienceMs = 0;',
  },
  {
    name: 'the gaps of stripes are not watched',
    promise: 1,
    file: `${poller}/catch-up/read-stripe.ts`,
    find: 'watchesGaps ? gapsBetween(before, eventIdsOf(page), through, rejectedIdsOf(page)) : []',
    replace: '[]',
  },
  {
    name: 'a gap is closed before SQS confirmed what turned up in it',
    promise: 3,
    file: `${poller}/gaps/gap-watch.ts`,
    find: 'await sending;',
    replace: 'sending.catch(() => undefined);',
  },
  {
    name: 'a takeover forgets the open gaps',
    promise: 1,
    file: `${poller}/gaps/gap-watch.ts`,
    find: 'if (ledger) this.#ledger = ledger;',
    replace: 'if (ledger) this.#ledger = [];',
  },
  {
    name: 'a gap is void once it was asked for',
    promise: 1,
    file: `${poller}/gaps/gap-ledger.ts`,
    find: 'askedAt === undefined || askedAt - seenAt < patienceMs',
    replace: 'askedAt === undefined',
  },
  {
    name: 'the watermark is the checkpoint',
    promise: 1,
    file: `${poller}/gaps/gap-ledger.ts`,
    find: 'return lowest && lowest.from <= last ? lowest.from - 1 : last;',
    replace: 'void lowest; return last;',
  },
];
