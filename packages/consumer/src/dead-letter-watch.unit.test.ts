import { beforeEach, describe, expect, test } from 'vitest';
import { bodyOf } from '../test/list-handler.ts';
import { listRig } from '../test/list-rig.ts';
import { engineError, pass, useVirtualTime } from '../test/service-rig.ts';

beforeEach(useVirtualTime);

/** A consumer that counts its dead letters, and which of the counts are refused. */
function countingRig() {
  const refused = { isOn: false };
  const hung = { isOn: false };
  let asked = 0;
  const rig = listRig({
    ports: {
      countDeadLetters: async () => {
        asked += 1;
        if (hung.isOn) return await new Promise<never>(() => undefined);
        if (refused.isOn) throw engineError('AccessDenied');
        return 1;
      },
    },
  });
  return {
    ...rig,
    refused,
    hung,
    asked: () => asked,
    told: () => rig.messages(/^dead letters cannot be counted/).length,
  };
}

describe('the dead letters', () => {
  test('are counted at the start and once a minute, until the stop', async () => {
    const { service, stop, asked } = countingRig();
    service.start();
    await pass(1);
    expect(asked()).toBe(1);
    await pass(180);
    expect(asked()).toBe(4);
    await stop();
    await pass(300);
    expect(asked()).toBe(4);
  });

  test('that the queue never tells hold up no stop', async () => {
    const { service, hung } = countingRig();
    hung.isOn = true;
    service.start();
    await pass(1);
    let isStopped = false;
    void service.stop().then(() => {
      isStopped = true;
    });
    // The poll in flight ends first.
    await pass(25);
    expect(isStopped).toBe(true);
  });

  test('that may not be counted cost one line, and neither work nor readiness', async () => {
    const { service, queue, list, stop, refused, told } = countingRig();
    refused.isOn = true;
    service.start();
    queue.put(bodyOf(1));
    await pass(600);
    expect(list.ids).toEqual([1]);
    expect(service.ready().ok).toBe(true);
    expect(told()).toBe(1);
    refused.isOn = false;
    await pass(60);
    refused.isOn = true;
    await pass(120);
    expect(told()).toBe(2);
    await stop();
  });
});
