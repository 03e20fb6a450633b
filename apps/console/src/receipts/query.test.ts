import { expect, test } from 'vitest';
import { receiptFilter } from './query.ts';

const id = '018f3b1e-0000-7000-8000-000000000001';

test('the server is asked for what the address says', () => {
  const filters = { from: '2026-03-01', to: '2026-03-31', operator: id, account: id, method: 'pos', kind: 'refund' };
  expect(receiptFilter({ search: 'A-12', filters })).toEqual({
    from: '2026-03-01',
    to: '2026-03-31',
    operatorId: id,
    accountId: id,
    method: 'pos',
    kind: 'refund',
    text: 'A-12',
  });
});

test('an address that makes no sense asks for everything', () => {
  const filters = { from: 'yesterday', to: '2026-3-1', operator: 'me', shift: '1', method: 'gold', kind: '' };
  expect(receiptFilter({ search: '', filters })).toEqual({});
});
