import { createHash } from 'node:crypto';
import type { OutgoingMessage } from '@waybill/shared/queue/message-queue.ts';
import type { FaultLayer } from './faults.ts';
import type { Plan } from './plan.ts';
import { ReceiveJudge } from './receive-judge.ts';
import type { FailureRecord, SimulatedFailureLog } from './simulated-failure-log.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { QueuedMessage, QueueWitness, SimulatedQueue } from './simulated-queue.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What a message carries: items, and what is wrong with it, each by its JSON; an unreadable one carries its body. */
type Carried = { readonly items: readonly number[]; readonly wrong: readonly string[] };

/**
 * Sees what happens to the queue and the list, and says at once when a promise is broken: every item is put on the list
 * at least once, and nothing is in the DLQ but what is wrong, what the list rejects, and what crashes took.
 */
export class ListWitness implements QueueWitness {
  readonly violations: string[] = [];
  readonly facts = new Map<string, number>();
  /** Items that the list does not take, until it is healed. */
  readonly rejected = new Set<number>();
  readonly #time: VirtualTime;
  readonly #list = new Set<number>();
  readonly #putOnQueue = new Set<string>();
  readonly #carried = new Map<string, Carried>();
  /** Records whose messages were redriven with nothing wrong with them any more. */
  readonly #toResolve = new Set<string>();
  #scene:
    | {
        readonly plan: Plan;
        readonly queue: SimulatedQueue;
        readonly failures: SimulatedFailureLog;
        readonly judge: ReceiveJudge;
      }
    | undefined;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  attach(scene: {
    readonly plan: Plan;
    readonly queue: SimulatedQueue;
    readonly failures: SimulatedFailureLog;
    readonly faults: FaultLayer;
  }): void {
    const { maxReceiveCount } = scene.plan.queue;
    this.#scene = { ...scene, judge: new ReceiveJudge({ ...scene, time: this.#time, maxReceiveCount }) };
  }

  violate(what: string): void {
    this.violations.push(`at ${(this.#time.nowMs / 1_000).toFixed(3)} s: ${what}`);
  }

  count(fact: string): void {
    this.facts.set(fact, (this.facts.get(fact) ?? 0) + 1);
  }

  put(body: string): void {
    for (const name of this.#namesIn(body)) this.#putOnQueue.add(name);
  }

  itemPut(process: SimulatedProcess, item: number): void {
    const { judge } = this.#sceneNow;
    const unrecorded = judge.unrecordedLastReceives(
      process,
      ({ body }) => this.#carriedBy(body).items.includes(item),
      (message) => this.#isExplained(message),
    );
    if (unrecorded.length > 0)
      this.violate(`${process.name} worked on ${unrecorded.join(' or ')}, its last receive, with no reason on record`);
    if (this.#list.has(item)) this.count('items put again');
    this.#list.add(item);
  }

  sent(process: SimulatedProcess, { body, attributes }: OutgoingMessage): void {
    const { queue, failures } = this.#sceneNow;
    for (const name of this.#namesIn(body))
      if (!this.#putOnQueue.has(name)) this.violate(`${process.name} sent ${name}, which it cannot have got`);
    const failureId = attributes?.['failureId'];
    const isAnew = [...queue.messages.values()].some((message) => message.body === body);
    if (failureId === undefined || isAnew || !this.#isHarmedBody(body)) return;
    this.count('splits');
    if (!failures.records.has(failureId))
      this.violate(`${process.name} split ${failureId} off before its failure was on record`);
  }

  confirmed(): void {}

  visibleAgain(message: QueuedMessage): void {
    const last = message.receives.at(-1);
    if (!last) return;
    this.count('messages received again');
    if (last.returned !== undefined || this.#isHarmed(message) || this.#sceneNow.judge.isExcused(last)) return;
    this.violate(`${message.id} came again while ${last.receiver.name}, alive and well, had it in hand`);
  }

  deadLettered(message: QueuedMessage): void {
    const { judge } = this.#sceneNow;
    this.count('messages dead-lettered');
    const last = message.receives.at(-1);
    const isExcused = last !== undefined && judge.isExcused(last);
    const isSingle = this.#namesIn(message.body).length <= 1;
    if (!isExcused && !(this.#isHarmed(message) && isSingle))
      this.violate(`${message.id} is in the DLQ, though nothing is wrong with it and no crash took its last receive`);
    // One that was deleted and is a ghost was done: there is nothing to explain.
    const hadTime = last !== undefined && !last.deleted && judge.hadTimeToRecord(last);
    // Of an item that is on two messages one may be put right, and its record with it, while the other is on its way here.
    const { items, wrong } = this.#carriedBy(message.body);
    const isPutRight =
      wrong.length === 0 && items.every((item) => this.#list.has(item)) && this.#recordsOf(message).length > 0;
    if ((!isExcused || hadTime) && !isPutRight && !this.#isExplained(message))
      this.violate(`${message.id} is in the DLQ without a reason on record`);
    if (!this.#isHarmed(message)) this.count('unharmed messages dead-lettered');
  }

  deleted(message: QueuedMessage, receiver: SimulatedProcess): void {
    const { items, wrong } = this.#carriedBy(message.body);
    for (const item of items)
      if (!this.#list.has(item) && !this.#isElsewhere(String(item)))
        this.violate(`${receiver.name} deleted ${message.id} before item ${item} was on the list or split off`);
    for (const name of wrong)
      if (!this.#isElsewhere(name)) this.violate(`${receiver.name} deleted ${message.id} and with it the only ${name}`);
  }

  /** A process has ended after its stop. */
  stopped(process: SimulatedProcess, stoppedAtMs: number): void {
    const isHarmed = (message: QueuedMessage) => this.#isHarmed(message);
    for (const breach of this.#sceneNow.judge.breachesOfHandBack(process, stoppedAtMs, isHarmed)) this.violate(breach);
  }

  judgeSettled(): void {
    const { plan, queue } = this.#sceneNow;
    if (plan.onlyOutages && queue.deadLetters.size > 0)
      this.violate(`${queue.deadLetters.size} messages in the DLQ, though there were outages and stops only`);
    this.#judgePlaces();
    if (this.#list.size === 0 && queue.deadLetters.size === 0 && this.#putOnQueue.size > 0)
      this.violate('nothing was put on the list at all');
  }

  /** The causes are healed: what is redriven now succeeds, but for what is wrong. */
  heal(): void {
    this.rejected.clear();
    for (const message of this.#sceneNow.queue.deadLetters.values()) {
      if (this.#isHarmed(message) || !('failureId' in message.attributes)) continue;
      for (const { failureId } of this.#recordsOf(message)) this.#toResolve.add(failureId);
    }
  }

  judgeHealed(): void {
    const { queue, failures } = this.#sceneNow;
    this.#judgePlaces();
    for (const message of queue.deadLetters.values()) {
      if (!this.#isHarmed(message)) this.violate(`${message.id} is in the DLQ again, though nothing is wrong with it`);
      if (!this.#isExplained(message)) this.violate(`${message.id} is in the DLQ again without a reason on record`);
    }
    for (const failureId of this.#toResolve)
      if (failures.records.get(failureId)?.resolved === false)
        this.violate(`${failureId} succeeded after its redrive, and is still on record`);
    // A crash between the delete and the removal of the record leaves it there, and so may a freeze.
    if (this.facts.has('crashes') || this.facts.has('freezes') || this.facts.has('unharmed messages dead-lettered'))
      return;
    for (const { failureId, reason, resolved } of failures.records.values())
      if (!resolved && reason === 'REPEATEDLY_INTERRUPTED')
        this.violate(`${failureId} succeeded, and is still on record as interrupted`);
  }

  /** Everything that was put on the queue is on the list or in the DLQ, and what is wrong is in the DLQ. */
  #judgePlaces(): void {
    const dead = new Set([...this.#sceneNow.queue.deadLetters.values()].flatMap(({ body }) => this.#namesIn(body)));
    for (const name of this.#putOnQueue)
      if (!dead.has(name) && !this.#list.has(Number(name)))
        this.violate(`${name} is neither on the list nor in the DLQ`);
  }

  #isElsewhere(name: string): boolean {
    const { queue } = this.#sceneNow;
    const carries = ({ body }: QueuedMessage) => this.#namesIn(body).includes(name);
    return [...queue.messages.values()].some(carries) || [...queue.deadLetters.values()].some(carries);
  }

  #isHarmed({ body }: QueuedMessage): boolean {
    return this.#isHarmedBody(body);
  }

  #isHarmedBody(body: string): boolean {
    const { items, wrong } = this.#carriedBy(body);
    return wrong.length > 0 || items.some((item) => this.rejected.has(item));
  }

  #isExplained(message: QueuedMessage): boolean {
    return this.#recordsOf(message).some(({ resolved }) => !resolved);
  }

  /** What is on record of this message, by every id that it may have there. */
  #recordsOf({ body, attributes }: QueuedMessage): readonly FailureRecord[] {
    const { failures } = this.#sceneNow;
    const names = this.#namesIn(body);
    const number = Math.abs(Number(names[0]));
    const candidates = [
      attributes['failureId'],
      `body-${createHash('sha256').update(body).digest('hex')}`,
      names.length === 1 && Number.isSafeInteger(number) ? `item-${number}` : undefined,
    ];
    return candidates.flatMap((id) => (id === undefined ? [] : (failures.records.get(id) ?? [])));
  }

  /** The names of all elements: their JSON, or the body of what nobody can read. */
  #namesIn(body: string): readonly string[] {
    const { items, wrong } = this.#carriedBy(body);
    return [...new Set([...items.map(String), ...wrong])];
  }

  #carriedBy(body: string): Carried {
    let carried = this.#carried.get(body);
    if (!carried) {
      const elements = elementsOf(body);
      const isItem = (element: unknown): element is number => typeof element === 'number' && element > 0;
      carried = elements
        ? {
            items: elements.filter(isItem),
            wrong: elements.filter((element) => !isItem(element)).map((element) => JSON.stringify(element)),
          }
        : { items: [], wrong: [body] };
      this.#carried.set(body, carried);
    }
    return carried;
  }

  get #sceneNow() {
    if (!this.#scene) throw new Error('the witness was not attached');
    return this.#scene;
  }
}

function elementsOf(body: string): readonly unknown[] | undefined {
  try {
    const elements: unknown = JSON.parse(body);
    return Array.isArray(elements) ? elements : undefined;
  } catch {
    return undefined;
  }
}
