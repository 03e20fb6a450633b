import type { GridChange } from '@openprepay/contract';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Connection, followGrid } from './stream.ts';

/** An event source whose events the test makes. */
class ScriptedSource extends EventTarget {
  readyState = 0;
  closed = false;
  close(): void {
    this.closed = true;
  }
  opens(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
  }
  says(at: string): void {
    this.dispatchEvent(new MessageEvent('grid', { data: JSON.stringify({ at }) }));
  }
  breaks(readyState: 0 | 2): void {
    this.readyState = readyState;
    this.dispatchEvent(new Event('error'));
  }
}

const sources: ScriptedSource[] = [];
const heard: [at: string, first: boolean][] = [];
const states: Connection[] = [];
let refusals = 0;

const start = () =>
  followGrid(
    '/events',
    {
      change: (change: GridChange, first) => heard.push([change.at, first]),
      connection: (state) => states.push(state),
      refused: () => {
        refusals += 1;
      },
    },
    () => {
      const source = new ScriptedSource();
      sources.push(source);
      return source;
    },
  );

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  for (const list of [sources, heard, states]) list.length = 0;
  refusals = 0;
});

test('the first event of every connection counts as the whole grid', () => {
  start();
  sources[0]?.opens();
  sources[0]?.says('1');
  sources[0]?.says('2');
  sources[0]?.breaks(0);
  sources[0]?.opens();
  sources[0]?.says('3');
  expect(heard).toEqual([
    ['1', true],
    ['2', false],
    ['3', true],
  ]);
  expect(states).toEqual(['connecting', 'live', 'live', 'reconnecting', 'live']);
  expect(sources.length).toBe(1);
});

test('a refused stream is opened anew, ever more patiently, until it is closed', () => {
  const close = start();
  for (const waitMs of [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
    const opened = sources.length;
    sources.at(-1)?.breaks(2);
    vi.advanceTimersByTime(waitMs - 1);
    expect(sources.length).toBe(opened);
    vi.advanceTimersByTime(1);
    expect(sources.length).toBe(opened + 1);
  }
  expect(refusals).toBe(6);
  sources.at(-1)?.breaks(2);
  close();
  const opened = sources.length;
  vi.runAllTimers();
  expect(sources.length).toBe(opened);
  expect(sources.at(-1)?.closed).toBe(true);
});
