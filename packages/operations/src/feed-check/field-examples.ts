/** What each field of an element looks like where it is as Waybill reads it, as it stands in the JSON; without a path, the element. */
export const fieldExamples: Readonly<Record<string, string>> = {
  '': '{"EventId": 83269, …}',
  EventId: '83269',
  ParcelId: '5002',
  Type: '"PICKUP"',
  CreatedDateTimeUtc: '"2021-05-11T21:11:34.15Z"',
  StatusCode: '"SORTED"',
  User: '{"RunId": "100"}',
  'User.RunId': '"100"',
  Device: '{"DeviceId": 103}',
};
