/** Where a notification stands (`notifications.md`, "Notifications table"). */
export const notificationStates = ['notified', 'requirements-not-met', 'failed'] as const;

export type NotificationState = (typeof notificationStates)[number];
