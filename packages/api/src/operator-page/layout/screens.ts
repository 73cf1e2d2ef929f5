/** The screens that the page's navigation lists: one question each, a URL, and the key that leads there after `g`. */
export const screens = [
  { name: 'now', path: '/', title: 'Now', key: 'n' },
  { name: 'failures', path: '/failures', title: 'Failures', key: 'f' },
  { name: 'parcel', path: '/parcel', title: 'Parcel', key: 'p' },
  { name: 'stuck', path: '/stuck', title: 'Stuck', key: 's' },
  { name: 'batches', path: '/batches', title: 'Batches', key: 'b' },
  { name: 'notifications', path: '/notifications', title: 'Notifications', key: 't' },
  { name: 'operations', path: '/operations', title: 'Operations', key: 'o' },
] as const;

export type ScreenName = (typeof screens)[number]['name'];
