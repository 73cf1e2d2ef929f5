import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { line, type Output, type Progress, ProgressDisplay, panel } from './progress.ts';

const most: Progress = {
  seconds: 9_999,
  read: 5_000_000,
  stored: 5_000_000,
  storedPerSecond: 99_999,
  told: 833_333,
  total: 5_000_000,
  queued: 50_000,
  dead: 10_000,
  position: 999_999_999,
};

/** Takes what is written, as a terminal or as a file. */
function output(isTTY: boolean): { output: Output; written: () => string } {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return { output: Object.assign(stream, { isTTY }), written: () => text };
}

describe('progress', () => {
  test('fits 80 columns, whatever the numbers and the problem', () => {
    const problem = 'poller not ready: feed: 12 requests in a row failed, the last with FEED_UNREADABLE (401)';
    for (const progress of [most, { ...most, problem }, { ...most, total: undefined }]) {
      for (const text of [...panel(progress), line(progress)]) expect(text.length).toBeLessThan(80);
    }
  });

  test('shows how much of the feed was read', () => {
    expect(panel({ ...most, read: 1_250, total: 2_500 })[0]).toBe(
      `${'█'.repeat(15)}${'░'.repeat(15)}  read 1,250 of 2,500  told 833,333`,
    );
    // Repetitions count as read.
    expect(panel({ ...most, read: 2_600, total: 2_500 })[0]).toContain('█'.repeat(30));
    expect(panel({ ...most, read: 7, total: undefined })[0]).toBe('read 7  told 833,333');
    expect(line({ ...most, seconds: 12.4, read: 7, stored: 6, told: 1, total: undefined })).toMatch(
      /^ 12 s {2}read 7 {2}stored 6 .* told 1 {2}.* at 999999999$/,
    );
  });

  test('is drawn anew in a terminal, and taken away before something is said', () => {
    const { output: terminal, written } = output(true);
    const display = new ProgressDisplay(terminal);
    display.show(most);
    display.show(most);
    display.say('drained');
    // Each time to the beginning of the line, two lines up, and what is below erased.
    expect(written().split('\u001b[1G\u001b[2A\u001b[0J')).toHaveLength(3);
    expect(written().endsWith('drained\n')).toBe(true);
  });

  test('elsewhere is a line every few seconds, with what is wrong beneath it', () => {
    const { output: file, written } = output(false);
    const display = new ProgressDisplay(file);
    display.show({ ...most, problem: 'poller not ready' });
    display.show(most);
    display.sayMarked(['ok      good', 'okay'], { ok: 'green' });
    expect(written().split('\n')).toEqual([line(most), '       poller not ready', 'ok      good', 'okay', '']);
  });

  test('is a line in a terminal that cannot move its cursor', () => {
    const { output: terminal, written } = output(true);
    new ProgressDisplay(terminal, { isDumb: true }).show(most);
    expect(written()).toBe(`${line(most)}\n`);
  });
});
