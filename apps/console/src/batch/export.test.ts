import type { MassRow } from '@openprepay/contract';
import { expect, test } from 'vitest';
import { speak } from '../locales/index.ts';
import { csvCell, csvOf } from './export.ts';

test.each([
  ['A-01', 'A-01'],
  ['=1+1', "'=1+1"],
  ['-1', "'-1"],
  ['a,b', '"a,b"'],
  ['say "hi"', '"say ""hi"""'],
  ['@x,y', `"'@x,y"`],
])('%s is written as %s', (value, cell) => {
  expect(csvCell(value)).toBe(cell);
});

test('each meter is a line, in the words of the page, with leading zeros and what went wrong', async () => {
  await speak('en');
  const row: MassRow = {
    meterId: 'm',
    serial: '000123',
    kind: 'electricity',
    stallId: 's',
    stallCode: 'A-01',
    building: 'Hall 1',
    customerName: '=cmd',
    online: true,
    switchState: 'on',
    state: 'failed',
    skip: null,
    wanted: 'off',
    dueAt: null,
    sentAt: '2026-03-02T02:00:00.000Z',
    finishedAt: null,
    outcome: 'request_timed_out',
  };
  const lines = csvOf([row, { ...row, state: 'skipped', skip: 'protected', sentAt: null }], (at) => at ?? '').split(
    '\r\n',
  );
  expect(lines).toHaveLength(3);
  expect(lines[1]).toBe(
    "A-01,Hall 1,Electricity meter,000123,'=cmd,Failed,On,The meter did not answer,2026-03-02T02:00:00.000Z,",
  );
  expect(lines[2]).toContain('Skipped,On,Protected stall,,');
});
