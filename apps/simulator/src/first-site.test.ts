import { expect, test } from 'vitest';
import { firstSite } from './first-site.ts';

const secrets = { appKey: 'key', appSecret: 'secret', masterKey: 'master', pushToken: 'token' };
const build = (stalls?: number, seed = 1) =>
  firstSite({ seed, secrets, nbBaseUrl: 'http://127.0.0.1:1', ...(stalls === undefined ? {} : { stalls }) });

test('the first site has 474 electricity meters, 417 water meters and 14 vacant stalls', () => {
  const site = build();
  const meters = site.stalls.flatMap((stall) => stall.meters);
  expect(site.stalls).toHaveLength(474);
  expect(site.buildings).toHaveLength(5);
  expect(meters.filter((meter) => meter.kind === 'electricity')).toHaveLength(474);
  expect(meters.filter((meter) => meter.kind === 'water')).toHaveLength(417);
  expect(474 - new Set(site.accounts.flatMap((account) => account.stalls)).size).toBe(14);
  const threePhase = meters.filter((meter) => meter.model === 'DTSY1352-NK').length;
  expect(threePhase * 100).toBeGreaterThan(12 * 474);
  expect(threePhase * 100).toBeLessThan(18 * 474);
});

test('every serial, link key, stall code and account number is its own, in the wire form of its link', () => {
  const site = build();
  const meters = site.stalls.flatMap((stall) => stall.meters);
  expect(new Set(meters.map((meter) => meter.serial)).size).toBe(891);
  expect(new Set(meters.map((meter) => meter.linkKey)).size).toBe(891);
  expect(new Set(site.stalls.map((stall) => stall.code)).size).toBe(474);
  expect(new Set(site.accounts.map((account) => account.number)).size).toBe(site.accounts.length);
  for (const { link, linkKey, busAddress } of meters) {
    expect(linkKey).toMatch(link === 'acrel4g' ? /^\d{14}$/ : /^\d+\/[0-9a-f]{32}$/);
    expect(busAddress).toMatch(link === 'acrel4g' ? /^1$/ : /^\d{14}$/);
  }
});

test('no stall belongs to two accounts; some accounts hold two or three stalls of one trade', () => {
  const site = build();
  const typeOf = new Map(site.stalls.map((stall) => [stall.code, stall.stallType]));
  const held = site.accounts.flatMap((account) => account.stalls);
  expect(new Set(held).size).toBe(held.length);
  expect(new Set(site.accounts.map((account) => account.stalls.length))).toEqual(new Set([1, 2, 3]));
  for (const account of site.accounts) expect(new Set(account.stalls.map((code) => typeOf.get(code))).size).toBe(1);
});

test('most balances last for days, a few end soon, and some cold stores are protected', () => {
  const site = build();
  const low = site.accounts.filter((account) => account.openingBalanceFen < 200);
  expect(low.length).toBeGreaterThan(10);
  expect(low.length * 10).toBeLessThan(site.accounts.length);
  expect(site.stalls.filter((stall) => stall.protected).map((stall) => stall.stallType)).toContain('cold_store');
  expect(site.stalls.filter((stall) => stall.meters.some((meter) => meter.ctRatio > 1))).toHaveLength(7);
});

test('the same seed gives the same site and another seed another one', () => {
  expect(JSON.stringify(build(undefined, 7))).toBe(JSON.stringify(build(undefined, 7)));
  expect(JSON.stringify(build(undefined, 7))).not.toBe(JSON.stringify(build(undefined, 8)));
});

test.each([1, 5, 12, 40, 100])('a small market of %i stalls keeps the mix', (stalls) => {
  const site = build(stalls);
  expect(site.stalls).toHaveLength(stalls);
  const codes = new Set(site.stalls.map((stall) => stall.code));
  for (const account of site.accounts) for (const code of account.stalls) expect(codes).toContain(code);
  if (stalls >= 12) expect(new Set(site.stalls.map((stall) => stall.stallType)).size).toBeGreaterThan(5);
});
