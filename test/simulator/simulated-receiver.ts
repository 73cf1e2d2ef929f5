import type { NotificationRequest, Report, ReportTarget, Webhook } from '@waybill/notifier/webhook/webhook.ts';
import type { MilestoneName } from '@waybill/shared/domain/milestones.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import type { Chance } from './chance.ts';
import type { FaultLayer } from './faults.ts';
import { unlessAborted } from './simulated-batches.ts';
import type { SimulatedProcess } from './simulated-process.ts';

export type ReceiverPlan = {
  /** Parcels of which it takes nothing until it is mended. */
  readonly refuses: ReadonlySet<number>;
  /** Share of ids that it refuses at first, once or twice. */
  readonly refusesAtFirst: number;
  /** Whether it is reported somewhere that a milestone was told, and parcels of which that refuses reports until it is mended. */
  readonly reports: { readonly refuses: ReadonlySet<number> } | undefined;
};

/** Sees what reaches the receiver. */
export type ReceiverWitness = {
  readonly asked: (process: SimulatedProcess, request: NotificationRequest) => void;
  readonly taken: (process: SimulatedProcess, request: NotificationRequest) => void;
  readonly refused: (process: SimulatedProcess, parcelId: number, milestone: string) => void;
  readonly reported: (process: SimulatedProcess, report: Report) => void;
};

const refusals = [400, 409, 413, 415, 422] as const;

/** The one who is told, and the one to whom that is reported. What else its responses may be is up to the fault layer. */
export class SimulatedReceiver {
  readonly #plan: ReceiverPlan;
  readonly #chance: Chance;
  readonly #faults: FaultLayer;
  readonly #witness: ReceiverWitness;
  /** Refusals that are left, by id. */
  readonly #atFirst = new Map<string, number>();
  #isMended = false;

  constructor(options: {
    readonly plan: ReceiverPlan;
    readonly chance: Chance;
    readonly faults: FaultLayer;
    readonly witness: ReceiverWitness;
  }) {
    this.#plan = options.plan;
    this.#chance = options.chance;
    this.#faults = options.faults;
    this.#witness = options.witness;
  }

  /** From now on it refuses nothing. */
  mend(): void {
    this.#isMended = true;
  }

  webhookFor(process: SimulatedProcess): Webhook {
    return {
      notify: (request, signal) => {
        this.#witness.asked(process, request);
        const call = { engine: 'webhook', operation: `notify ${request.id}` } as const;
        return unlessAborted(
          this.#faults.call(process, call, () => this.#receive(process, request)),
          signal,
        );
      },
    };
  }

  reportTargetFor(process: SimulatedProcess): ReportTarget | undefined {
    const { reports } = this.#plan;
    if (!reports) return undefined;
    return {
      report: (report, signal) => {
        const call = { engine: 'report', operation: `report ${report.notificationId}` } as const;
        const take = () => {
          if (!this.#isMended && reports.refuses.has(report.parcelId)) {
            this.#witness.refused(process, report.parcelId, report.milestone);
            throw this.#refusal();
          }
          this.#witness.reported(process, report);
          return 204;
        };
        return unlessAborted(this.#faults.call(process, call, take), signal);
      },
    };
  }

  #receive(process: SimulatedProcess, request: NotificationRequest): number {
    const { milestone, parcelId } = aboutOf(request.id);
    if (!this.#isMended && (this.#plan.refuses.has(parcelId) || this.#refusesAtFirst(request.id))) {
      this.#witness.refused(process, parcelId, milestone);
      throw this.#refusal();
    }
    this.#witness.taken(process, request);
    return this.#chance.pick([200, 200, 201, 202, 204]);
  }

  #refusesAtFirst(id: string): boolean {
    const left =
      this.#atFirst.get(id) ?? (this.#chance.happens(this.#plan.refusesAtFirst) ? this.#chance.between(1, 2) : 0);
    this.#atFirst.set(id, Math.max(0, left - 1));
    return left > 0;
  }

  #refusal(): Error {
    const status = this.#chance.pick(refusals);
    return new WaybillError('NOTIFICATION_REFUSED', `simulated: ${status}`, { details: { status } });
  }
}

/** What a notification is about, by its id: `<milestone>_<8 hex>_<parcelId>`, and of a correction `_<eventId>` more. */
export function aboutOf(id: string): { readonly milestone: MilestoneName | ''; readonly parcelId: number } {
  const [, milestone = '', parcelId] = /^(pickup|delivery)_[0-9a-f]{8}_(\d+)(?:_\d+)?$/.exec(id) ?? [];
  return {
    milestone: milestone === 'pickup' || milestone === 'delivery' ? milestone : '',
    parcelId: Number(parcelId ?? 0),
  };
}
