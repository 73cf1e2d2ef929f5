/** The screen of a failure's record. */
export function failurePath(failureId: string): string {
  return `/failures/record/${encodeURIComponent(failureId)}`;
}

/** The screen of a notification. */
export function notificationPath(notificationId: string): string {
  return `/notifications/${encodeURIComponent(notificationId)}`;
}
