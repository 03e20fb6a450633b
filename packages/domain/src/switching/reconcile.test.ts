import { expect, test } from 'vitest';
import { mustTellAgain, RETRY_AFTER_EXCEPTION_S, type ReconcileFacts } from './reconcile.ts';

const NOW = new Date('2026-03-02T02:00:00Z');
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000);

/** It was told an hour ago, and said a minute ago that it is not so. */
const disagrees: ReconcileFacts = {
  wanted: 'off',
  reported: 'on',
  reportedAt: ago(60),
  hasOpenCommand: false,
  hasOpenException: false,
  lastCommandEndedAt: ago(3600),
};

test.each<readonly [string, Partial<ReconcileFacts>, boolean]>([
  ['a meter that disagrees is told again', {}, true],
  ['one that never was told is told', { lastCommandEndedAt: null }, true],
  ['whenever it said so', { lastCommandEndedAt: null, reportedAt: null }, true],
  ['a fault is not the state wanted', { reported: 'fault' }, true],
  ['one that agrees is left alone', { reported: 'off' }, false],
  ['one that said nothing yet is left alone', { reported: 'unknown' }, false],
  ['nothing is wanted of it', { wanted: null }, false],
  ['a command is under way', { hasOpenCommand: true }, false],
  ['its report is older than the command’s end', { reportedAt: ago(3601) }, false],
  ['or came as it ended', { reportedAt: ago(3600) }, false],
  ['it has said nothing since', { reportedAt: null }, false],
  [
    'on the exception list it is left alone for a while',
    { hasOpenException: true, lastCommandEndedAt: ago(60) },
    false,
  ],
  [
    'and then told again',
    { hasOpenException: true, lastCommandEndedAt: ago(RETRY_AFTER_EXCEPTION_S), reportedAt: ago(9_000) },
    true,
  ],
])('%s', (_, change, told) => {
  expect(mustTellAgain({ ...disagrees, ...change }, NOW)).toBe(told);
});
