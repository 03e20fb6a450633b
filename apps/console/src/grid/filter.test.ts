import { STALL_STATES as CONTRACT_STATES, type StallCell } from '@openprepay/contract';
import { expect, test } from 'vitest';
import { STALL_STATES } from '../stall-states.ts';
import {
  countByState,
  filterFromQuery,
  groupByBuilding,
  inScope,
  NO_FILTER,
  queryFromFilter,
  type StallFilter,
} from './filter.ts';

const cell = (code: string, more: Partial<StallCell> = {}): StallCell => ({
  stallId: code,
  code,
  building: '一号楼',
  stallType: 'fruit',
  state: 'normal',
  customerName: '商户 0012',
  balanceFen: 100,
  todayWh: 0,
  todayLitres: 0,
  meters: [],
  ...more,
});

const finds = (search: string, found: StallCell) => inScope(found, { ...NO_FILTER, search });

test('the legend has the contract’s states in the contract’s order', () => {
  expect(STALL_STATES).toEqual(CONTRACT_STATES);
});

test('a stall is found by code as it is typed in a hurry, and by customer', () => {
  const stall = cell('A-012');
  for (const search of ['A-012', 'a012', ' 012 ', 'Ａ０１２', '商户', '0012', ''])
    expect(finds(search, stall)).toBe(true);
  for (const search of ['A-013', '张']) expect(finds(search, stall)).toBe(false);
  expect(finds('0012', cell('B-1', { customerName: null }))).toBe(false);
});

test('building and type narrow the grid, the state does not change what the legend counts', () => {
  const stalls = [
    cell('A-1'),
    cell('A-2', { state: 'offline' }),
    cell('B-1', { building: '二号楼', stallType: 'meat' }),
  ];
  const scope = (filter: Partial<StallFilter>) =>
    stalls.filter((stall) => inScope(stall, { ...NO_FILTER, ...filter })).map((stall) => stall.code);
  expect(scope({ building: '一号楼' })).toEqual(['A-1', 'A-2']);
  expect(scope({ stallType: 'meat' })).toEqual(['B-1']);
  expect(scope({ state: 'offline' })).toEqual(['A-1', 'A-2', 'B-1']);
  expect(countByState(stalls)).toMatchObject({ normal: 2, offline: 1, exception: 0 });
});

test('buildings stand in the order of their first stalls', () => {
  const groups = groupByBuilding([cell('A-1'), cell('A-2'), cell('B-1', { building: '二号楼' })]);
  expect(groups.map((group) => [group.building, group.cells.length])).toEqual([
    ['一号楼', 2],
    ['二号楼', 1],
  ]);
});

test('a filter survives its way through the address', () => {
  const filter: StallFilter = { state: 'hold', building: '一号楼 蔬菜', stallType: 'fish', search: 'A 1' };
  expect(filterFromQuery(queryFromFilter(filter))).toEqual(filter);
  expect(queryFromFilter(NO_FILTER)).toEqual({});
});

test('an address with nonsense in it filters nothing', () => {
  expect(filterFromQuery({ state: 'no-such-state', building: ['a', 'b'], type: null, q: '' })).toEqual(NO_FILTER);
});
