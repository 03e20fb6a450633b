import type { CDPSession, Page } from 'playwright-core';

/** The processor's time that the page's own thread needed for a picture: other load on the machine hardly changes it. */
export interface FrameCost {
  readonly middleMs: number;
  /** Of nineteen in twenty pictures no more than this. */
  readonly p95Ms: number;
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** In µs, as all. */
  readonly ts: number;
  readonly dur?: number;
  /** Of its thread alone. */
  readonly tdur?: number;
}

const CATEGORIES = ['devtools.timeline', 'toplevel'];
const TASK = 'ThreadControllerImpl::RunTask';
/** Callbacks so close after one another belong to one picture. */
const SAME_PICTURE_US = 4_000;

/** Does something while the browser records what it does. @returns what came of it, and what its pictures took */
export async function withFrameCost<T>(page: Page, act: () => Promise<T>): Promise<T & { readonly cost: FrameCost }> {
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: CATEGORIES, excludedCategories: ['*'] },
  });
  const came = await act();
  await ended(session);
  await session.detach();
  return { ...came, cost: costOf(picturesOf(events)) };
}

async function ended(session: CDPSession): Promise<void> {
  const complete = new Promise((done) => session.once('Tracing.tracingComplete', done));
  await session.send('Tracing.end');
  await complete;
}

/** For each picture the time in ms of the thread that drew most of them. */
function picturesOf(events: readonly TraceEvent[]): number[] {
  const callbacks = events.filter(({ name, ph }) => ph === 'X' && name === 'FireAnimationFrame');
  const thread = mostOften(callbacks.map(threadOf));
  const here = events.filter((event) => event.ph === 'X' && threadOf(event) === thread).sort((a, b) => a.ts - b.ts);
  const cuts: number[] = [];
  let beforeUs = Number.NEGATIVE_INFINITY;
  for (const { name, ts } of here) {
    if (name !== 'FireAnimationFrame') continue;
    if (ts - beforeUs > SAME_PICTURE_US) cuts.push(ts);
    beforeUs = ts;
  }
  const pictures = cuts.map(() => 0);
  let [picture, endUs] = [0, Number.NEGATIVE_INFINITY];
  for (const { name, ts, dur = 0, tdur = dur } of here) {
    // A task within a task is in its time.
    if (name !== TASK || ts < endUs) continue;
    endUs = ts + dur;
    while (picture < cuts.length && (cuts[picture] ?? 0) <= endUs) picture++;
    if (picture > 0) pictures[picture - 1] = (pictures[picture - 1] ?? 0) + tdur / 1_000;
  }
  return pictures;
}

const threadOf = ({ pid, tid }: TraceEvent) => `${pid}:${tid}`;

function mostOften(names: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

function costOf(pictures: readonly number[]): FrameCost {
  const sorted = pictures.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round((sorted[Math.floor(sorted.length * share)] ?? 0) * 10) / 10;
  return { middleMs: at(0.5), p95Ms: at(0.95) };
}
