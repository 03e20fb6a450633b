import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EVERYTHING, isChosen, NOTHING, sizeOf, withChosen } from './selection.ts';

const ROWS = ['a', 'b', 'c', 'd', 'e', 'f'];

test('a selection is what was ticked last of each row, whether it began with none or with all', () => {
  const step = fc.record({ rows: fc.subarray(ROWS), chosen: fc.boolean() });
  fc.assert(
    fc.property(fc.boolean(), fc.array(step), (isAll, steps) => {
      const model = new Map(ROWS.map((id) => [id, isAll]));
      let selection = isAll ? EVERYTHING : NOTHING;
      for (const { rows, chosen } of steps) {
        selection = withChosen(selection, rows, chosen);
        for (const id of rows) model.set(id, chosen);
      }
      expect(ROWS.map((id) => isChosen(selection, id))).toEqual([...model.values()]);
      expect(sizeOf(selection, ROWS.length)).toBe([...model.values()].filter(Boolean).length);
    }),
  );
});
