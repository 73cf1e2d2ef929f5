import type { EventQueue } from './event-queue.ts';

/** Seconds until a started task stores messages. */
export const startSeconds = 60;
/** Seconds that a task is missing after Spot took it back. */
const replaceSeconds = 120;

/** The tasks of the processor: those that run and those that are starting. */
export class Tasks {
  readonly #events: EventQueue;
  readonly #starting: { cancelled: boolean }[] = [];
  #running = 1;

  constructor(events: EventQueue) {
    this.#events = events;
  }

  get running(): number {
    return this.#running;
  }

  /** Starts or stops as many as are missing or too many; those that are still starting are stopped first. */
  scaleTo(desired: number, now: number): void {
    const planned = this.#running + this.#starting.length;
    for (let i = planned; i < desired; i++) this.#start(now + startSeconds);
    for (let i = planned; i > desired; i--) {
      const task = this.#starting.pop();
      if (task) task.cancelled = true;
      else this.#running -= 1;
    }
  }

  /** Spot takes one back, which is replaced. The first task runs on demand and stays. */
  interruptOne(now: number): void {
    if (this.#running <= 1) return;
    this.#running -= 1;
    this.#start(now + replaceSeconds);
  }

  #start(at: number): void {
    const task = { cancelled: false };
    this.#starting.push(task);
    this.#events.plan(at, () => {
      if (task.cancelled) return;
      this.#starting.splice(this.#starting.indexOf(task), 1);
      this.#running += 1;
    });
  }
}
