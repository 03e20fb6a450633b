import type { Caller } from '@openprepay/contract';
import type { FastifyInstance } from 'fastify';
import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { handlers } from '../handlers.ts';
import { buildHttp } from '../platform/http.ts';
import { newIssuer } from './issuer.ts';
import { ANSWER_PATH } from './issuer-sign-in.ts';
import { linkOperator, unlinkOperator } from './links.ts';
import { confirmSecondFactor, enrolSecondFactor } from './own.ts';
import { issuerRoutes } from './routes.ts';
import { resetPassword, updateStaff } from './staff.ts';
import { CLIENT, type Jar, passIssuer, startIssuer, type TestIssuer } from './test-support/issuer.ts';
import { type Office, openOffice, PASSWORD } from './test-support/staff.ts';

/*
 * The way a browser goes, with a provider that others wrote: begin here, sign in there, come back with the answer.
 */

const ORIGIN = 'http://market.test';
const PEOPLE = {
  'sub-ann': { email: 'Ann@market.example', verified: true },
  'sub-bob': { email: 'bob@market.example', verified: false },
  'sub-eve': { email: 'ann@market.example', verified: true },
  'sub-fay': { email: 'fay@market.example', verified: true },
};

let office: Office;
let provider: TestIssuer;
let app: FastifyInstance;
let boss: Caller;

const issuerAt = (url: string) => newIssuer({ url, name: 'Single sign-on', ...CLIENT });

async function serve(url: string): Promise<FastifyInstance> {
  const own = { ...handlers, ...issuerRoutes(issuerAt(url)) };
  return buildHttp(office.ctx, { handlers: own, consoleDir: null, version: '1', clockSpeed: 1 });
}

beforeAll(async () => {
  office = await openOffice();
  boss = await office.hire('boss', 'admin');
  provider = await startIssuer(`${ORIGIN}${ANSWER_PATH}`, PEOPLE);
  app = await serve(provider.url);
});
afterAll(async () => {
  await app.close();
  await provider.stop();
});

interface Answer {
  readonly status: number;
  readonly body: { readonly code?: string; readonly login?: string; readonly ticket?: string; readonly url?: string };
  readonly cookies: Readonly<Record<string, string>>;
}

async function post(
  path: string,
  payload: object,
  cookies: Readonly<Record<string, string>> = {},
  on = app,
): Promise<Answer> {
  const response = await on.inject({ method: 'POST', url: path, headers: { host: 'market.test' }, payload, cookies });
  const body = response.json<Answer['body']>();
  const set = response.cookies.filter(({ value }) => value !== '');
  return {
    status: response.statusCode,
    body,
    cookies: Object.fromEntries(set.map(({ name, value }) => [name, value])),
  };
}

/** Begins in a browser of its own and passes the provider. `change` tampers with what the provider is asked. */
async function comeBackAs(subject: string, change: (url: URL) => void = () => {}) {
  const begun = await post('/api/sign-in/issuer', {});
  const url = new URL(begun.body.url ?? '');
  change(url);
  const jar: Jar = new Map();
  const query = await passIssuer(jar, url.href, subject, `${ORIGIN}${ANSWER_PATH}`);
  return { query, cookies: begun.cookies };
}

const finish = (query: string, cookies: Readonly<Record<string, string>>, on = app) =>
  post('/api/sign-in/issuer/answer', { query }, cookies, on);

async function signInAs(subject: string): Promise<Answer> {
  const { query, cookies } = await comeBackAs(subject);
  return finish(query, cookies);
}

const link = (operator: Caller, whom: { email: string } | { subject: string }) =>
  linkOperator(office.ctx, issuerAt(provider.url), boss, operator.operatorId, whom);

async function audited(action: string, { operatorId }: Caller) {
  const rows = await office.ctx.db.query<{ after: object }>(
    'select after from audit where action = $1 and operator_id = $2 order by audit_id',
    [action, operatorId],
  );
  return rows.map(({ after }) => after);
}

test('who is linked by his subject is let in, and the audit says by which provider', async () => {
  const ann = await office.hire('ann', 'cashier');
  await link(ann, { subject: 'sub-ann' });
  const answer = await signInAs('sub-ann');
  expect(answer).toMatchObject({ status: 200, body: { login: 'ann' } });
  const me = await app.inject({ url: '/api/me', cookies: answer.cookies });
  expect(me.json()).toMatchObject({ login: 'ann', role: 'cashier' });
  const mine = await app.inject({ url: '/api/me/link', cookies: answer.cookies });
  expect(mine.json()).toEqual({ issuer: `${provider.url}/`, subject: 'sub-ann', email: null });
  expect(await audited('identity.sign_in', ann)).toMatchObject([{ method: 'issuer', issuer: `${provider.url}/` }]);
  // What is taken away ends at once, and cannot be come by again.
  await unlinkOperator(office.ctx, boss, ann.operatorId);
  expect((await app.inject({ url: '/api/me', cookies: answer.cookies })).statusCode).toBe(401);
  expect(await signInAs('sub-ann')).toMatchObject({ status: 403, body: { code: 'identity.not_linked' } });
});

test('an answer is good once, in the browser it began in, with the state it began with', async () => {
  const gus = await office.hire('gus', 'cashier');
  await link(gus, { subject: 'sub-gus' });
  const over = { status: 401, body: { code: 'identity.attempt_over' }, cookies: {} };
  const mine = await comeBackAs('sub-gus');
  const other = await comeBackAs('sub-gus');
  expect(await finish(mine.query, {})).toMatchObject(over);
  expect(await finish(mine.query, other.cookies)).toMatchObject(over);
  expect(await finish(mine.query.replace(/state=[^&]*/, 'state=guessed'), mine.cookies)).toMatchObject(over);
  expect(await finish('', mine.cookies)).toMatchObject(over);
  // None of these used it up.
  expect(await finish(mine.query, mine.cookies)).toMatchObject({ status: 200, body: { login: 'gus' } });
  expect(await finish(mine.query, mine.cookies)).toMatchObject(over);
  const both = await Promise.all([finish(other.query, other.cookies), finish(other.query, other.cookies)]);
  expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);
});

test('an answer that took longer than ten minutes is over', async () => {
  const { query, cookies } = await comeBackAs('sub-gus');
  await office.ctx.db.query(`update sign_in_attempt set expires_at = expires_at - interval '11 minutes'`);
  expect((await finish(query, cookies)).body.code).toBe('identity.attempt_over');
});

test('an ID token with another nonce, a code of another verifier, and a code that is made up are not believed', async () => {
  const wrong = { status: 502, body: { code: 'identity.issuer_wrong' }, cookies: {} };
  const nonce = await comeBackAs('sub-gus', (url) => url.searchParams.set('nonce', 'of somebody else'));
  expect(await finish(nonce.query, nonce.cookies)).toMatchObject(wrong);
  const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
  const verifier = await comeBackAs('sub-gus', (url) => url.searchParams.set('code_challenge', challenge));
  expect(await finish(verifier.query, verifier.cookies)).toMatchObject(wrong);
  const code = await comeBackAs('sub-gus');
  expect(await finish(code.query.replace(/code=[^&]*/, 'code=made-up'), code.cookies)).toMatchObject(wrong);
  const issuer = await comeBackAs('sub-gus');
  expect(await finish(issuer.query.replace(/iss=[^&]*/, 'iss=https://evil.test'), issuer.cookies)).toMatchObject(wrong);
});

test('who turns back at the provider is told that it let nobody in', async () => {
  const { query, cookies } = await comeBackAs('sub-gus');
  const refused = query.replace(/code=[^&]*/, 'error=access_denied');
  expect(await finish(refused, cookies)).toMatchObject({ status: 401, body: { code: 'identity.issuer_refused' } });
});

test('an e-mail links whoever first comes with it verified, and from then on his subject alone', async () => {
  const amy = await office.hire('amy', 'manager');
  const bob = await office.hire('bob', 'manager');
  await link(amy, { email: 'ANN@market.example' });
  await link(bob, { email: 'bob@market.example' });
  const notLinked = { status: 403, body: { code: 'identity.not_linked' } };
  expect(await signInAs('sub-bob')).toMatchObject(notLinked);
  expect(await signInAs('sub-ann')).toMatchObject({ status: 200, body: { login: 'amy' } });
  expect(await audited('identity.bind_link', amy)).toEqual([{ issuer: `${provider.url}/`, subject: 'sub-ann' }]);
  // The provider gave the address to somebody else.
  expect(await signInAs('sub-eve')).toMatchObject(notLinked);
  expect(await signInAs('sub-ann')).toMatchObject({ status: 200, body: { login: 'amy' } });
  const nobody = await office.ctx.db.query(`select login from operator where login like 'sub%'`);
  expect(nobody).toEqual([]);
});

test('nobody links himself, a key, or what another is linked to', async () => {
  const ida = await office.hire('ida', 'cashier');
  const joe = await office.hire('joe', 'cashier');
  await link(ida, { subject: 'sub-ida' });
  await expect(link(joe, { subject: 'sub-ida' })).rejects.toMatchObject({ code: 'identity.link_taken' });
  await expect(link(boss, { subject: 'sub-boss' })).rejects.toMatchObject({ code: 'identity.not_oneself' });
  await expect(linkOperator(office.ctx, null, boss, joe.operatorId, { subject: 'x' })).rejects.toMatchObject({
    code: 'identity.no_issuer',
  });
  await expect(unlinkOperator(office.ctx, boss, joe.operatorId)).rejects.toMatchObject({ code: 'identity.no_link' });
});

test('a disabled and a locked operator are refused', async () => {
  const kim = await office.hire('kim', 'cashier');
  await link(kim, { subject: 'sub-kim' });
  const shutOut = { status: 403, body: { code: 'identity.shut_out' }, cookies: {} };
  await office.ctx.db.query(`update operator set locked_until = '2999-01-01' where operator_id = $1`, [kim.operatorId]);
  expect(await signInAs('sub-kim')).toMatchObject(shutOut);
  await office.ctx.db.query('update operator set locked_until = null where operator_id = $1', [kim.operatorId]);
  expect((await signInAs('sub-kim')).status).toBe(200);
  await updateStaff(office.ctx, boss, kim.operatorId, { name: 'kim', scope: kim.scope, disabled: true });
  expect(await signInAs('sub-kim')).toMatchObject(shutOut);
});

test('a second factor is asked for all the same, and who came by the provider need change no password', async () => {
  const fay = await office.hire('fay', 'finance');
  const { secret } = await enrolSecondFactor(office.ctx, fay.operatorId, PASSWORD);
  const codeAt = (ms: number) => new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: ms });
  const realMs = Date.now();
  await confirmSecondFactor(office.ctx, fay.operatorId, codeAt(realMs));
  await link(fay, { subject: 'sub-fay' });
  await resetPassword(office.ctx, boss, fay.operatorId);
  const asked = await signInAs('sub-fay');
  expect([asked.status, asked.cookies]).toEqual([200, {}]);
  const entered = await post('/api/sign-in/code', { ticket: asked.body.ticket ?? '', code: codeAt(realMs + 30_000) });
  expect(entered).toMatchObject({ status: 200, body: { login: 'fay', mustFirst: null } });
  expect((await app.inject({ url: '/api/me', cookies: entered.cookies })).json()).toMatchObject({ mustFirst: null });
  expect(await audited('identity.sign_in', fay)).toMatchObject([{ method: 'code', issuer: `${provider.url}/` }]);
});

test('a provider that is away is said to be, at either end of the way, and is asked again later', async () => {
  const away = { status: 503, body: { code: 'identity.issuer_away' } };
  const gone = await startIssuer(`${ORIGIN}${ANSWER_PATH}`, PEOPLE);
  const own = await serve(gone.url);
  const begun = await post('/api/sign-in/issuer', {}, {}, own);
  const query = await passIssuer(new Map(), begun.body.url ?? '', 'sub-gus', `${ORIGIN}${ANSWER_PATH}`);
  await gone.stop();
  expect(await finish(query, begun.cookies, own)).toMatchObject(away);
  const late = await serve(gone.url);
  expect(await post('/api/sign-in/issuer', {}, {}, late)).toMatchObject(away);
  await own.close();
  await late.close();
});

test('without a provider there is no such way', async () => {
  const bare = await buildHttp(office.ctx, { handlers, consoleDir: null, version: '1', clockSpeed: 1 });
  expect((await bare.inject({ url: '/api/sign-in/ways' })).json()).toEqual({ issuer: null });
  expect((await app.inject({ url: '/api/sign-in/ways' })).json()).toEqual({ issuer: { name: 'Single sign-on' } });
  expect((await post('/api/sign-in/issuer', {}, {}, bare)).body.code).toBe('identity.no_issuer');
  await bare.close();
});
