import { expect, test } from 'vitest';
import { speak } from '../locales/index.ts';
import { csvOf } from './csv.ts';
import { spreadOf } from './spread.ts';

const row = (chargedFen: number, wouldBeFen: number, customerName = '商户') => ({
  accountId: 'a',
  number: '1',
  customerName,
  use: 1_234_567,
  chargedFen,
  wouldBeFen,
});

test('a run is a file with exact amounts, and no name in it is a formula', async () => {
  await speak('en');
  const [, first, second] = csvOf({ rows: [row(-5, 100), row(0, 0, '=1+"x"')] }, 'electricity').split('\r\n');
  expect(first).toBe('"1","商户",1234.567,-0.05,1.00,1.05');
  expect(second).toBe(`"1","'=1+""x""",1234.567,0.00,0.00,0.00`);
});

test('accounts are counted by how much more or less they would pay', () => {
  const rows = [row(1_000, 1_000), row(1_000, 1_001), row(1_000, 1_050), row(1_000, 1_051), row(0, 5), row(1_000, 700)];
  const found = spreadOf(rows).filter(({ accounts }) => accounts > 0);
  expect(found).toEqual([
    { label: '−20 % …', side: 'less', accounts: 1 },
    { label: '0', side: 'same', accounts: 1 },
    { label: '+0…5 %', side: 'more', accounts: 2 },
    { label: '+5…10 %', side: 'more', accounts: 1 },
    { label: '+20 % …', side: 'more', accounts: 1 },
  ]);
});
