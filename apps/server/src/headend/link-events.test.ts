import { afterEach, expect, test, vi } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { INSTALLATION } from '../identity/audit.ts';
import { type LinkEvents, startLinkEvents } from './link-events.ts';
import { START, seedMarket } from './test-support/market.ts';
import type { SeenEvent } from './trace.ts';

const clock = testClock(START);
const ctx = await testContext(clock);
const { marketId } = await seedMarket(ctx.db);
const PACE = { flushEveryMs: 10, maxPerHour: 3, hourMs: 3_600_000 };
const running: LinkEvents[] = [];

function start(): LinkEvents {
  const events = startLinkEvents(ctx, PACE);
  running.push(events);
  return events;
}

afterEach(async () => {
  for (const events of running.splice(0)) await events.stop();
  await ctx.db.query('delete from link_event');
  clock.set(START);
});

const event = (linkKey: string, change: Partial<SeenEvent> = {}): SeenEvent => ({
  link: 'acrel4g',
  linkKey,
  marketId,
  meterId: null,
  event: 'requests_timed_out',
  detail: {},
  ...change,
});

const stored = () =>
  ctx.db.query('select market_id, link_key, event, detail from link_event order by market_id, event_id');

test('events are stored in the order in which they came, with what was known', async () => {
  const events = start();
  events.note(event('A', { event: 'session_registered', detail: { remote: '10.0.0.1' } }));
  events.note(event('B', { detail: { err: new Error('no reply'), bytes: 12n } }));
  events.note(event('A', { event: 'closed_for_silence' }));
  await vi.waitFor(async () => expect(await stored()).toHaveLength(3));
  expect(await stored()).toEqual([
    { market_id: marketId, link_key: 'A', event: 'session_registered', detail: { remote: '10.0.0.1' } },
    { market_id: marketId, link_key: 'B', event: 'requests_timed_out', detail: { err: 'no reply', bytes: '12' } },
    { market_id: marketId, link_key: 'A', event: 'closed_for_silence', detail: {} },
  ]);
});

test('a device that makes much ado gets so many rows, then one that says there was more', async () => {
  const events = start();
  for (let n = 0; n < 10; n++) events.note(event('loud'));
  events.note(event('quiet'));
  await events.stop();
  const names = (await stored()).map((row) => `${row.link_key} ${row.event}`);
  expect(names).toEqual([
    'loud requests_timed_out',
    'loud requests_timed_out',
    'loud requests_timed_out',
    'loud suppressed',
    'quiet requests_timed_out',
  ]);
});

test('what a device nobody knows calls itself cannot keep the others from being stored', async () => {
  const events = start();
  const strange = 'a\0b\ud800';
  events.note(event(strange, { marketId: null, detail: { said: strange, more: 'x'.repeat(5_000) } }));
  events.note(event('A'));
  await events.stop();
  const rows = await stored();
  expect(rows.map((row) => [row.market_id, row.link_key])).toEqual([
    [INSTALLATION, 'ab\ufffd'],
    [marketId, 'A'],
  ]);
});

test('after 30 days an event is forgotten', async () => {
  const first = start();
  first.note(event('A'));
  clock.advance(86_400_000);
  first.note(event('B'));
  await first.stop();
  clock.set(new Date(START.getTime() + 30.5 * 86_400_000));
  start();
  await vi.waitFor(async () => expect((await stored()).map((row) => row.link_key)).toEqual(['B']));
});
