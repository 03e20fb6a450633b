import { uuidV7 } from '@openprepay/kernel';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { type TestClock, testClock, testContext } from '../../test-support/database.ts';
import { EDIT_ROUNDS, type Edit, expectAllFound, problemsAfter } from '../../test-support/edits.ts';
import { seedMarket } from '../../test-support/market.ts';
import type { Context } from '../platform/context.ts';
import type { Tx } from '../platform/database.ts';
import { auditRules } from '../verify/audit.ts';
import { verifyInstallation, verifyMarket } from '../verify/index.ts';
import { INSTALLATION, recordAudit } from './audit.ts';
import { sealAudit } from './audit-chain.ts';
import { startAuditSealing } from './jobs.ts';

const ENTRIES = 40;
let ctx: Context;
let clock: TestClock;
let marketId: string;

const entryOf = (n: number, at = clock.now()) => ({
  at,
  operatorId: n % 3 === 0 ? null : uuidV7(at),
  action: (['control.lock_out', 'control.lift_lockout', 'counter.reprint'] as const)[n % 3] ?? 'control.lock_out',
  subject: `meter:${n}\n-`,
  reason: n % 2 === 0 ? null : `第 ${n} 次\n12:x`,
  before: n % 4 === 0 ? undefined : { a: n, 名: '前', list: [n, null, 1.5] },
  after: n % 4 === 1 ? undefined : { a: n + 1, big: 9007199254740993n },
});
const enter = (owner: string, n: number, at = clock.now()) =>
  recordAudit(ctx.db, { ...entryOf(n, at), marketId: owner });
const wrong = async () => (await verifyInstallation(ctx.db, clock)).filter(({ ok }) => !ok).map(({ name }) => name);

beforeAll(async () => {
  clock = testClock();
  ctx = await testContext(clock);
  marketId = (await seedMarket(ctx.db)).marketId;
  for (let n = 0; n < ENTRIES; n++) {
    await enter(INSTALLATION, n);
    await enter(marketId, n);
    clock.advance(60_000);
    if (n % 10 === 9) await sealAudit(ctx.db, INSTALLATION, clock.now(), 'everything');
  }
  clock.advance(2 * 3_600_000);
  await enter(INSTALLATION, ENTRIES);
  await enter(marketId, ENTRIES);
});

test('what was entered is sealed once, each market in a chain of its own, and proved by queries of its own', async () => {
  expect(await sealAudit(ctx.db, INSTALLATION, clock.now(), 'everything')).toBe(1);
  expect(await sealAudit(ctx.db, INSTALLATION, clock.now(), 'everything')).toBe(0);
  expect(await wrong()).toEqual([]);
  const checks = await verifyInstallation(ctx.db, clock);
  expect(checks.map(({ checked }) => checked)).toEqual([ENTRIES + 1, ENTRIES + 1, ENTRIES + 1, ENTRIES + 1]);
  const before = await verifyMarket(ctx.db, clock, marketId);
  expect(before.filter(({ ok }) => !ok)).toEqual([]);
  const loop = startAuditSealing(ctx);
  const links = () => ctx.db.query('select 1 from audit_seal where market_id = $1', [marketId]);
  await expect.poll(links).toHaveLength(ENTRIES + 1);
  await loop.stop();
});

test('what is put in long after its time is found before it is sealed and after', async () => {
  await ctx.db
    .tx(async (tx) => {
      await recordAudit(tx, {
        at: new Date(clock.now().getTime() - 3 * 3_600_000),
        marketId: INSTALLATION,
        operatorId: null,
        action: 'control.set_override',
        subject: 'meter:1',
      });
      const inTx = { ...ctx.db, tx: <T>(work: (inner: Tx) => Promise<T>) => work(tx) };
      const late = 'whatever is in the audit was sealed within an hour of its time';
      const problems = async () => {
        const rule = auditRules.find(({ name }) => name === late);
        return tx.query(rule?.problems ?? '', [INSTALLATION]);
      };
      expect(await problems()).toHaveLength(1);
      expect(await sealAudit(inTx, INSTALLATION, clock.now(), 'everything')).toBe(1);
      expect(await problems()).toHaveLength(1);
      throw new Error('taken back');
    })
    .catch((error: Error) => expect(error.message).toBe('taken back'));
  expect(await wrong()).toEqual([]);
});

const ONE = 'from (select audit_id as id from audit where market_id = $1 order by audit_id offset $2 limit 1) one';
const LINK = 'from (select seq as s from audit_seal where market_id = $1 order by seq offset $2 limit 1) one';
const entry = (set: string): Edit => [`update audit set ${set} ${ONE} where market_id = $1 and audit_id = id`, 'audit'];
const link = (set: string): Edit => [
  `update audit_seal set ${set} ${LINK} where market_id = $1 and seq = s`,
  'audit_seal',
];
/** What of an entry is written onto the next one. */
const swap = (column: string): Edit => [
  `update audit set ${column} = other.${column}
   from (select audit_id, ${column}, lead(audit_id, 1, first) over (order by audit_id) as target
         from audit, (select min(audit_id::text)::uuid as first from audit where market_id = $1) f
         where market_id = $1) other
   where market_id = $1 and audit.audit_id = other.target
     and audit.audit_id = (select audit_id from audit where market_id = $1 order by audit_id offset $2 limit 1)`,
  'audit',
];

const EDITS: readonly Edit[] = [
  entry(`at = at + interval '1 microsecond'`),
  entry(`at = at - interval '1 day'`),
  entry('audit_id = gen_random_uuid()'),
  entry('market_id = gen_random_uuid()'),
  entry('operator_id = gen_random_uuid()'),
  entry('operator_id = case when operator_id is null then gen_random_uuid() end'),
  entry(`action = action || ' '`),
  entry(`action = upper(action)`),
  entry(`subject = replace(subject, ':', '：')`),
  entry(`subject = subject || E'\\n'`),
  entry(`reason = coalesce(reason || '!', '')`),
  entry(`reason = case when reason is null then '-' end`),
  entry(`before = case when before is null then '{}'::jsonb end`),
  entry(`before = coalesce(before, '{}') || '{"a": -1}'`),
  entry(`after = coalesce(after, '{}') || '{"secret": true}'`),
  entry(`after = case when after is null then 'null'::jsonb end`),
  entry(`before = after, after = before, reason = coalesce(reason, '') || 'x'`),
  swap('at'),
  swap('subject'),
  [
    `delete from audit using (select audit_id as id from audit where market_id = $1 order by audit_id offset $2 limit 1) one
    where market_id = $1 and audit_id = id`,
    'audit',
  ],
  [
    `insert into audit (market_id, audit_id, at, operator_id, action, subject, reason, before, after, mark)
     select market_id, gen_random_uuid(), at, operator_id, action, subject, reason, before, after, mark
     from audit where market_id = $1 and at < (select max(at) from audit where market_id = $1) order by audit_id
     offset $2 % ${ENTRIES} limit 1`,
    'audit',
  ],
  link(`hash = set_byte(hash, 0, get_byte(hash, 0) # 128)`),
  link(`sealed_at = sealed_at + interval '1 microsecond'`),
  link('seq = seq + 1000000'),
  link('audit_id = gen_random_uuid()'),
  [
    `delete from audit_seal using (select seq as s from audit_seal where market_id = $1 order by seq offset $2 limit 1) one
     where market_id = $1 and seq = s`,
    'audit_seal',
  ],
];

test(`${EDIT_ROUNDS} edits at random of entries and links are all found`, {
  timeout: 60_000 + EDIT_ROUNDS * 30,
}, async () => {
  await expectAllFound(ctx.db, auditRules, INSTALLATION, EDITS, 20_261_128);
  expect(await wrong()).toEqual([]);
});

test.each([
  'delete from audit_seal where market_id = $1 and seq > 21',
  'delete from audit_seal where market_id = $1',
  'delete from audit_seal_head where market_id = $1',
  `with links as (delete from audit_seal where market_id = $1 and seq > 21)
   delete from audit where market_id = $1 and audit_id in (select audit_id from audit_seal where market_id = $1 and seq > 21)`,
  `update audit_seal_head set hash = decode(repeat('01', 32), 'hex') where market_id = $1`,
])('a chain that is cut off, with or without its last entries, is found: %s', async (sql) => {
  const cut = async (tx: Tx) => void (await tx.query(sql, [INSTALLATION]));
  expect(await problemsAfter(ctx.db, auditRules, INSTALLATION, cut)).toBeGreaterThan(0);
});

/** Somebody has the database, and not the key: he copies the last entry, and changes one thing of it. */
const forge = (set: string) => `
  insert into audit (market_id, audit_id, at, operator_id, action, subject, reason, before, after, mark)
  select market_id, ${set} from (select * from audit where market_id = $1 order by audit_id desc limit 1) one`;

test.each([
  [
    'an entry of his own, as if just written',
    forge(`gen_random_uuid(), at, operator_id, action, subject, reason, before, after, mark`),
  ],
  ['one without a mark', forge(`gen_random_uuid(), at, operator_id, action, subject, reason, before, after, ''`)],
  ['another act', `update audit set action = 'counter.top_up' where market_id = $1`],
  ['another value', `update audit set after = jsonb_set(coalesce(after, '{}'), '{a}', '7') where market_id = $1`],
  ['another operator', `update audit set operator_id = gen_random_uuid() where market_id = $1`],
  ['another time', `update audit set at = at + interval '1 second' where market_id = $1`],
])('%s is found the moment it is there, before any chain is made', async (_, sql) => {
  const other = await testContext(clock);
  for (const n of [1, 2, 3]) await recordAudit(other.db, { ...entryOf(n), marketId: INSTALLATION });
  const problems = async () =>
    (await verifyInstallation(other.db, clock)).filter(({ ok }) => !ok).map(({ name }) => name);
  expect(await problems()).toEqual([]);
  await other.db.query(sql, [INSTALLATION]);
  expect(await problems()).toEqual(['every entry of the audit was written by this program, or before its secret key']);
});

test('whatever can be said of an act comes back from the database with its mark', async () => {
  const other = await testContext(clock);
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), fc.jsonValue(), fc.string(), async (before, after, reason) => {
      const storable = (value: unknown) => !JSON.stringify(value).includes('\\u');
      fc.pre(storable([before, after, reason]));
      await recordAudit(other.db, { ...entryOf(1), marketId: INSTALLATION, before, after, reason });
    }),
    { numRuns: 200 },
  );
  expect((await verifyInstallation(other.db, clock)).filter(({ ok }) => !ok)).toEqual([]);
});
