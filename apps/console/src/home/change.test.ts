import { expect, test } from 'vitest';
import { changeOf, hourBars } from './change.ts';

test('today is so many percent more or less than yesterday, where yesterday is known', () => {
  expect(changeOf(120, 100)).toEqual({ is: 'more', percent: 20 });
  expect(changeOf(0, 100)).toEqual({ is: 'less', percent: 100 });
  expect(changeOf(1_001, 1_000)).toEqual({ is: 'same', percent: 0 });
  expect(changeOf(5, 0)).toEqual({ is: 'unknown', percent: 0 });
});

test('both days have one scale, and what is not known or below nothing has no bar', () => {
  expect(
    hourBars([
      { today: 50, yesterday: 200 },
      { today: null, yesterday: -10 },
    ]),
  ).toEqual([
    { today: 25, yesterday: 100 },
    { today: 0, yesterday: 0 },
  ]);
  expect(hourBars([{ today: 0, yesterday: null }])).toEqual([{ today: 0, yesterday: 0 }]);
});
