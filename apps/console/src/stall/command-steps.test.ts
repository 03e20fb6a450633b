import type { Command } from '@openprepay/contract';
import { expect, test } from 'vitest';
import { isUnderWay, stepsOf } from './command-steps.ts';

const at = '2026-03-02T00:00:00Z';
const command = (more: Partial<Command>) =>
  ({ state: 'queued', createdAt: at, sentAt: null, acknowledgedAt: null, finishedAt: null, ...more }) as const;
const line = (more: Partial<Command>) =>
  stepsOf(command(more))
    .map((step) => (step.reached ? '●' : step.next ? '◌' : '·'))
    .join('');

test('a command goes queued, sent, acknowledged, confirmed', () => {
  expect(line({ state: 'queued' })).toBe('●◌··');
  expect(line({ state: 'sent', sentAt: at })).toBe('●●◌·');
  expect(line({ state: 'acknowledged', sentAt: at, acknowledgedAt: at })).toBe('●●●◌');
  expect(line({ state: 'confirmed', sentAt: at, acknowledgedAt: at, finishedAt: at })).toBe('●●●●');
});

test('a command read back before its acknowledgement has still come all the way', () => {
  expect(line({ state: 'confirmed', sentAt: at, finishedAt: at })).toBe('●●●●');
});

test('a command that ended otherwise stops where it was and waits for nothing', () => {
  expect(line({ state: 'failed', sentAt: at, acknowledgedAt: at, finishedAt: at })).toBe('●●●·');
  expect(line({ state: 'superseded', finishedAt: at })).toBe('●···');
  expect(isUnderWay({ state: 'expired' })).toBe(false);
});
