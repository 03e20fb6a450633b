import type { NbProductChange } from '@openprepay/contract';
import { expect, test } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { START } from '../../test-support/market.ts';
import { createMeter } from './meters.ts';
import { listNbProducts, type NbKey, removeNbProduct, saveNbProduct, saveNbProducts } from './nb-products.ts';
import { auditOf, seedPlace } from './test-support/world.ts';

const ctx = await testContext(testClock(START));
const here = await seedPlace(ctx, 'here');
const there = await seedPlace(ctx, 'there');
const refused = (code: string) => expect.objectContaining({ code });
const key: NbKey = { platform: 'ctwing', productId: '10053421' };
const SECRETS = { appSecret: 'the-secret-of-the-app', masterKey: 'the-master-key' };
const said: NbProductChange = {
  codec: 'cjt188',
  baseUrl: 'https://tenant.api.ctwing.cn:8743',
  appKey: 'the-key',
  allowedSources: ['203.0.113.7'],
};
const found = async (productId = key.productId) =>
  (await listNbProducts(ctx.db, here.marketId)).find((product) => product.productId === productId);
const rowOf = async () =>
  (
    await ctx.db.query<{ sealed: string; mark: Buffer }>(
      'select secrets_sealed as sealed, push_address_mark as mark from nb_product where product_id = $1',
      [key.productId],
    )
  )[0];

test('a new product is told its push address once, and its keys are nowhere to be read', async () => {
  const pushPath = await saveNbProduct(ctx, here, key, { ...said, ...SECRETS });
  expect(pushPath).toMatch(/^\/push\/ctwing\/[0-9a-f]{32}$/);
  const { platform, productId } = key;
  const listed = { platform, productId, ...said, hasKeys: true, meters: 0, metersOnline: 0, lastContactAt: null };
  expect(await found()).toEqual(listed);
  const token = pushPath?.split('/').at(-1) ?? '';
  const everywhere = JSON.stringify([await rowOf(), await auditOf(ctx, here, `nb_product:ctwing ${productId}`)]);
  for (const secret of [token, SECRETS.appSecret, SECRETS.masterKey]) expect(everywhere).not.toContain(secret);
});

test('what is not said of its keys stays; a new address is made when it is asked for', async () => {
  const before = await rowOf();
  expect(await saveNbProduct(ctx, here, key, { ...said, codec: 'cjt188-lsb-first' })).toBeNull();
  const kept = await rowOf();
  expect(kept?.mark).toEqual(before?.mark);
  expect(await found()).toMatchObject({ codec: 'cjt188-lsb-first', hasKeys: true });
  expect(await saveNbProduct(ctx, here, key, { ...said, newPushAddress: true })).toMatch(/^\/push\/ctwing\//);
  expect((await rowOf())?.mark).not.toEqual(before?.mark);
});

test('a product whose keys do not open any more says so, and takes new ones with a new address', async () => {
  const other = ctx.db.vault.seal(JSON.stringify({ ...SECRETS, pushToken: 'x' }), 'nb ctwing another');
  await ctx.db.query('update nb_product set secrets_sealed = $2 where product_id = $1', [key.productId, other]);
  expect(await found()).toMatchObject({ hasKeys: false });
  await expect(saveNbProduct(ctx, here, key, said)).rejects.toThrow(refused('devices.bad_secret'));
  expect(await saveNbProduct(ctx, here, key, { ...said, ...SECRETS })).not.toBeNull();
  expect(await found()).toMatchObject({ hasKeys: true });
});

test.each<[string, Partial<NbProductChange>]>([
  ['devices.bad_address', { baseUrl: 'http://tenant.api.ctwing.cn' }],
  ['devices.bad_address', { baseUrl: 'https://127.0.0.1' }],
  ['devices.bad_address', { baseUrl: 'https://[::1]' }],
  ['devices.bad_address', { baseUrl: 'https://localhost' }],
  ['devices.bad_address', { baseUrl: 'https://2130706433' }],
  ['devices.bad_address', { baseUrl: 'https://me:secret@api.ctwing.cn' }],
  ['devices.bad_address', { baseUrl: 'file:///etc/passwd' }],
  ['devices.bad_settings', { codec: 'no-such-codec' }],
  ['devices.bad_secret', { appSecret: '' }],
  ['devices.bad_secret', { masterKey: '' }],
])('%s refuses %j', async (code, change) => {
  await expect(
    saveNbProduct(ctx, here, { ...key, productId: 'P2' }, { ...said, ...SECRETS, ...change }),
  ).rejects.toThrow(refused(code));
  expect(await found('P2')).toBeUndefined();
});

test('of OneNET a message key has 43 characters, or there is none', async () => {
  const onenet = { platform: 'onenet', productId: 'Px1' } as const;
  const given = { ...said, baseUrl: 'https://iot-api.heclouds.com', appKey: '', appSecret: 'master' };
  await expect(saveNbProduct(ctx, here, onenet, { ...given, masterKey: 'short' })).rejects.toThrow(
    refused('devices.bad_secret'),
  );
  expect(await saveNbProduct(ctx, here, onenet, given)).toMatch(/^\/push\/onenet\/[0-9a-f]{32}$/);
});

test('a product that a site file placed in the house may stay there, and be changed in all else', async () => {
  const inHouse = { platform: 'ctwing', productId: 'InHouse' } as const;
  const baseUrl = 'http://10.1.2.3:8743';
  await saveNbProducts(ctx.db, here.marketId, [{ ...inHouse, ...said, ...SECRETS, baseUrl, pushToken: 'of-the-file' }]);
  expect(await saveNbProduct(ctx, here, inHouse, { ...said, baseUrl, newPushAddress: true })).not.toBeNull();
  await expect(saveNbProduct(ctx, here, inHouse, { ...said, baseUrl: 'http://10.1.2.4' })).rejects.toThrow(
    refused('devices.bad_address'),
  );
});

test('nobody takes another market’s product, or its id on another platform', async () => {
  await expect(saveNbProduct(ctx, there, key, { ...said, ...SECRETS })).rejects.toThrow(
    refused('devices.product_in_use'),
  );
  await expect(
    saveNbProduct(ctx, here, { ...key, platform: 'onenet' }, { ...said, appSecret: 'master' }),
  ).rejects.toThrow(refused('devices.product_in_use'));
  await expect(removeNbProduct(ctx, there, key, 'not ours')).rejects.toThrow(refused('devices.no_such_product'));
});

test('a product goes only when it has no meters', async () => {
  await createMeter(ctx, here, {
    kind: 'water',
    model: 'NB-WATER-15',
    serial: 'W1',
    ctRatio: 1,
    link: 'nb',
    linkKey: `${key.productId}/device-1`,
    busAddress: '78330000000001',
  });
  expect(await found()).toMatchObject({ meters: 1 });
  await expect(removeNbProduct(ctx, here, key, 'gone')).rejects.toThrow(refused('devices.product_in_use'));
  await ctx.db.query(`update meter set retired_at = $1 where serial = 'W1'`, [START]);
  await removeNbProduct(ctx, here, key, 'moved to another platform');
  expect(await found()).toBeUndefined();
  const [last] = (await auditOf(ctx, here, `nb_product:ctwing ${key.productId}`)).filter(
    ({ action }) => action === 'devices.remove_nb_product',
  );
  expect(last).toMatchObject({ reason: 'moved to another platform' });
});
