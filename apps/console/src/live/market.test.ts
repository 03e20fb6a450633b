import { gridEventsPath } from '@openprepay/contract';
import { expect, test } from 'vitest';
import { GRID_EVENTS_PATH } from './market.ts';

test('the grid is followed where the contract says', () => {
  expect(GRID_EVENTS_PATH).toBe(gridEventsPath);
});
