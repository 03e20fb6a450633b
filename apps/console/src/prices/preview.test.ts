import { parseRule } from '@openprepay/domain/pricing';
import { expect, test } from 'vitest';
import { previewOf, type Question } from './preview.ts';

const parts = (price: string) => [{ name: 'energy', price }];
const rule = parseRule({
  kind: 'tou',
  by: 'registers',
  calendar: {
    dayTables: {
      day: [
        { from: '00:00', to: '08:00', tariff: 'valley' },
        { from: '08:00', to: '24:00', tariff: 'peak' },
      ],
    },
    seasons: [{ from: '01-01', to: '12-31', weekday: 'day' }],
  },
  prices: { valley: parts('0.3'), peak: parts('1') },
  standing: { perDay: '0.5' },
});
const question: Question = { use: '100', usedBefore: '0', day: '2026-03-31', fromHour: 4, toHour: 12 };

test('use at certain hours costs what the tariffs of those hours say', () => {
  expect(previewOf(rule, question, 'Asia/Shanghai')).toMatchObject({
    amountFen: 6_500n,
    uses: [
      { tariff: 'peak', use: 50_000n },
      { tariff: 'valley', use: 50_000n },
    ],
  });
  // To midnight: the day is paid for.
  expect(previewOf(rule, { ...question, fromHour: 20, toHour: 24 }, 'Asia/Shanghai')).toMatchObject({
    amountFen: 10_050n,
  });
});

test.each([{ use: '' }, { use: '0' }, { usedBefore: '-1' }, { day: '' }, { toHour: 4 }])(
  '%o is no question',
  (over) => {
    expect(previewOf(rule, { ...question, ...over }, 'Asia/Shanghai')).toBeNull();
  },
);
