/** Where a notification stands (docs/data-model.md, "Notifications table"). */
export const notificationStates = ['notified', 'requirements-not-met', 'failed'] as const;

export type NotificationState = (typeof notificationStates)[number];
