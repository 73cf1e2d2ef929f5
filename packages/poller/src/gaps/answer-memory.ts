import type { IdRange } from '@waybill/shared/domain/id-range.ts';
import type { AskedQuestion, CutOff, CutOffId } from './gap-answer.ts';

/** Ids of late events that are remembered, and of those at which an answer may have been cut off. */
const mostIds = 1_000;

/** Holes that are remembered: a feed has few. */
const mostHoles = 100;

/** What the next answer for gaps is judged by: what earlier ones have shown, and the holes that the position crossed. */
export class AnswerMemory {
  /** The latest ids that turned up: another content of one may come alone. */
  #appeared: ReadonlySet<number> = new Set();
  /** What was sent of ids at which an answer may have been cut off between two contents. */
  #cutOff: CutOff = new Map();
  /** The newest holes. */
  #holes: readonly IdRange[] = [];

  get known(): Pick<AskedQuestion, 'appeared' | 'cutOff' | 'holes'> {
    return { appeared: this.#appeared, cutOff: this.#cutOff, holes: this.#holes };
  }

  crossed(hole: IdRange): void {
    this.#holes = [...this.#holes, hole].slice(-mostHoles);
  }

  appeared(eventIds: readonly number[]): void {
    this.#appeared = new Set([...this.#appeared, ...eventIds].slice(-mostIds));
  }

  /** The answer may have been cut off at this id. */
  wasCutOff({ eventId, contents }: CutOffId): void {
    this.#cutOff = new Map([...this.#cutOff, [eventId, contents] as const].slice(-mostIds));
  }

  /** These ids are asked for no more. */
  closed(eventIds: readonly number[]): void {
    if (this.#cutOff.size > 0) this.#cutOff = new Map([...this.#cutOff].filter(([id]) => !eventIds.includes(id)));
  }
}
