import { expect, test } from 'vitest';
import { ManualTime } from '../test-support/manual-time.ts';
import { Pusher } from './pusher.ts';
import { TimerGroup } from './timers.ts';
import { DEFAULT_PACE, newCounters } from './world.ts';

test('the queue is bounded: when it is full the oldest push of the same device makes room, and is counted', () => {
  const counters = newCounters();
  const timers = new TimerGroup(new ManualTime('2026-03-03T01:00:00Z'));
  const pusher = new Pusher({ url: 'http://127.0.0.1:1/', timers, pace: DEFAULT_PACE, counters });
  for (let n = 0; n < 12_000; n++) pusher.enqueue(`device ${n % 100}`, { n });
  expect(pusher.queued).toBe(10_000);
  expect(counters.pushesDropped).toBe(2_000);
  pusher.enqueue('a new device', { n: 0 });
  expect(pusher.queued).toBe(10_000);
  expect(counters.pushesDropped).toBe(2_001);
  pusher.stop();
});
