import type { KeptView } from '@openprepay/contract';
import { expect, test } from 'vitest';
import { keepList, keptLists } from './kept.ts';
import { openOffice } from './test-support/staff.ts';

const office = await openOffice();
const { db } = office.ctx;
const view = (name: string): KeptView => ({ name, search: '', sort: '-lastRead', filters: { online: 'false' } });
const serial = { key: 'serial', isShown: true, widthPx: 180 };

test('what an operator keeps is his alone, comes back as it was, and one part leaves the others', async () => {
  const [anna, ben] = [await office.hire('anna', 'technician'), await office.hire('ben', 'technician')];
  expect(await keptLists(db, anna.operatorId)).toEqual([]);
  await keepList(db, anna.operatorId, 'meters', { views: [view('silent')] });
  await Promise.all([
    keepList(db, anna.operatorId, 'meters', { columns: [serial] }),
    keepList(db, anna.operatorId, 'meters', { pageSize: 500 }),
    keepList(db, anna.operatorId, 'accounts', { pageSize: 100 }),
  ]);
  expect(await keptLists(db, anna.operatorId)).toEqual([
    { list: 'accounts', columns: [], views: [], pageSize: 100 },
    { list: 'meters', columns: [serial], views: [view('silent')], pageSize: 500 },
  ]);
  expect(await keptLists(db, ben.operatorId)).toEqual([]);
  await keepList(db, anna.operatorId, 'meters', { views: [] });
  expect((await keptLists(db, anna.operatorId))[1]).toMatchObject({ views: [], columns: [serial] });
});

test('two views or two columns of one name are refused, and nothing of it is kept', async () => {
  const { operatorId } = await office.hire('carl', 'cashier');
  const twice = keepList(db, operatorId, 'meters', { columns: [serial], views: [view('a'), view('a ')] });
  await expect(twice).rejects.toMatchObject({ code: 'identity.named_twice' });
  await expect(keepList(db, operatorId, 'meters', { columns: [serial, serial] })).rejects.toMatchObject({
    code: 'identity.named_twice',
  });
  expect(await keptLists(db, operatorId)).toEqual([]);
});
