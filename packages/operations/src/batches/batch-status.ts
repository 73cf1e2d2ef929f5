/** How a batch stands (`api.md`, "Batches table"). */
export const batchStatuses = ['receiving', 'queued', 'processing', 'completed', 'failed'] as const;

export type BatchStatus = (typeof batchStatuses)[number];
