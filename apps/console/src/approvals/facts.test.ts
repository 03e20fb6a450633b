import { expect, test } from 'vitest';
import { speak } from '../locales/index.ts';
import { factText, isTold } from './facts.ts';

const short = (at: string) => `<${at}>`;

test('what a second person is told is in the units and words of the trade', async () => {
  await speak('zh-CN');
  expect(factText('amountFen', 123_456, short)).toBe('¥1,234.56');
  expect(factText('meters', 12, short)).toBe('12');
  expect(factText('validFrom', '2026-03-01T00:00:00.000Z', short)).toBe('<2026-03-01T00:00:00.000Z>');
  expect(factText('method', 'cash', short)).toBe('现金');
  expect(factText('customerName', '商户', short)).toBe('商户');
  expect(factText('note', null, short)).toBe('—');
});

test('ids are kept from people', () => {
  expect(['txId', 'accountNumber', 'paid'].filter(isTold)).toEqual(['accountNumber', 'paid']);
});
