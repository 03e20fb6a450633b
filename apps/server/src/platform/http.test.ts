import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Role, RouteName } from '@openprepay/contract';
import { defineErrors } from '@openprepay/kernel';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SESSION_COOKIE } from './http-guard.ts';
import { ID, roleCaller, type StubHttp, stubHttp } from './test-support/stub-http.ts';

const testError = defineErrors({ 'test.refused': 409, 'test.broken': 500 });

let stub: StubHttp;
let app: FastifyInstance;
let consoleDir: string;

beforeAll(async () => {
  consoleDir = await mkdtemp(join(tmpdir(), 'openprepay-console-'));
  await mkdir(join(consoleDir, 'assets'));
  await writeFile(join(consoleDir, 'index.html'), '<!doctype html><title>console</title>');
  await writeFile(join(consoleDir, 'assets', 'index-abc123.js'), 'export {}');
  stub = await stubHttp(consoleDir);
  ({ app } = stub);
  app.post('/push/:token', async () => 'taken');
});
afterAll(async () => {
  await app.close();
  await rm(consoleDir, { recursive: true, force: true });
});

const request = (name: RouteName, role: Role | null, change: Partial<InjectOptions> = {}) =>
  stub.request(name, role, change);

describe('a call that changes something comes from this server’s own pages', () => {
  const signIn = (headers: Record<string, string>) => request('signIn', null, { headers });
  test.each([
    ['no browser', {}, 200],
    ['own page', { host: 'market.test', origin: 'http://market.test', 'sec-fetch-site': 'same-origin' }, 200],
    ['own page on a port', { host: 'market.test:8080', origin: 'http://market.test:8080' }, 200],
    ['another site', { host: 'market.test', origin: 'https://evil.test' }, 403],
    ['another port', { host: 'market.test', origin: 'http://market.test:81' }, 403],
    ['a sandboxed page', { host: 'market.test', origin: 'null' }, 403],
    ['no URL at all', { host: 'market.test', origin: '://' }, 403],
    ['a form of another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['a neighbour site', { 'sec-fetch-site': 'same-site' }, 403],
  ])('%s', async (_, headers, status) => {
    const response = await signIn(headers);
    expect(response.statusCode).toBe(status);
    if (status === 403) expect(response.json().code).toBe('http.cross_origin');
  });

  test('reading from elsewhere is left to the browser', async () => {
    expect((await request('health', null, { headers: { origin: 'https://evil.test' } })).statusCode).toBe(200);
  });
});

describe('what is wrong with a call is said in a problem document', () => {
  test.each<readonly [string, RouteName, Partial<InjectOptions>, number, string]>([
    ['an id that is none', 'grid', { url: '/api/markets/1/grid' }, 400, 'http.invalid_request'],
    ['a missing field', 'topUp', { payload: { amountFen: 5 } }, 400, 'http.invalid_request'],
    [
      'money with a fraction',
      'topUp',
      { payload: { requestId: ID, amountFen: 0.5, method: 'cash' } },
      400,
      'http.invalid_request',
    ],
    [
      'money below one fen',
      'topUp',
      { payload: { requestId: ID, amountFen: 0, method: 'cash' } },
      400,
      'http.invalid_request',
    ],
    [
      'money as text',
      'topUp',
      { payload: { requestId: ID, amountFen: '100', method: 'cash' } },
      400,
      'http.invalid_request',
    ],
    [
      'a word that is not in the list',
      'setOverride',
      { payload: { override: 'maybe', reason: 'why' } },
      400,
      'http.invalid_request',
    ],
    [
      'half a JSON',
      'topUp',
      { payload: '{"amountFen":', headers: { 'content-type': 'application/json' } },
      400,
      'http.invalid_request',
    ],
    ['a megabyte', 'signIn', { payload: { login: 'x'.repeat(1_100_000), password: '' } }, 413, 'http.too_large'],
    [
      'XML',
      'signIn',
      { payload: '<a/>', headers: { 'content-type': 'application/xml' } },
      415,
      'http.unsupported_media_type',
    ],
    ['an unknown address', 'health', { url: '/api/nothing' }, 404, 'http.not_found'],
  ])('%s', async (_, name, change, status, code) => {
    const response = await request(name, 'admin', change);
    expect(response.statusCode).toBe(status);
    expect(response.headers['content-type']).toContain('application/problem+json');
    expect(response.json()).toMatchObject({ status, code });
  });

  test('a room’s error keeps its code, and what broke inside is not told', async () => {
    stub.instead.set('me', () => {
      throw testError('test.refused', 'because of the rule');
    });
    expect((await request('me', 'admin')).json()).toMatchObject({
      status: 409,
      code: 'test.refused',
      detail: 'because of the rule',
    });
    for (const [error, code] of [
      [testError('test.broken', 'secret'), 'test.broken'],
      [new Error('secret'), 'internal'],
    ] as const) {
      stub.instead.set('me', () => {
        throw error;
      });
      const response = await request('me', 'admin');
      expect(response.json()).toMatchObject({ status: 500, code });
      expect(response.body).not.toContain('secret');
    }
    stub.instead.clear();
  });

  test('an answer that breaks the contract does not leave, and one that says too much is cut to it', async () => {
    stub.instead.set('me', () => ({ ...roleCaller('admin'), role: 'emperor' }));
    expect((await request('me', 'admin')).json()).toMatchObject({ status: 500, code: 'http.bad_answer' });
    stub.instead.set('me', () => ({ ...roleCaller('admin'), passwordHash: 'secret' }));
    expect((await request('me', 'admin')).json()).toEqual(roleCaller('admin'));
    stub.instead.clear();
  });
});

describe('the session cookie', () => {
  const setCookieOf = async (headers: Record<string, string>) => {
    stub.instead.set('signIn', () => {
      stub.calls.at(-1)?.call.cookie.set('token', new Date('2030-01-01T00:00:00Z'));
      return roleCaller('admin');
    });
    const response = await request('signIn', null, { headers });
    stub.instead.clear();
    return String(response.headers['set-cookie']);
  };

  test('is for this site and this server only, and not for scripts', async () => {
    const header = await setCookieOf({});
    for (const part of [
      `${SESSION_COOKIE}=token`,
      'HttpOnly',
      'SameSite=Strict',
      'Path=/',
      'Expires=Tue, 01 Jan 2030',
    ]) {
      expect(header).toContain(part);
    }
    expect(header).not.toContain('Secure');
  });

  test('stays on encrypted connections where the call came over one', async () => {
    expect(await setCookieOf({ 'x-forwarded-proto': 'https' })).toContain('Secure');
  });
});

describe('the console', () => {
  const page = { headers: { accept: 'text/html,*/*' } };
  test.each([
    ['its page', '/', 'no-cache', '<!doctype html>'],
    ['a view by its address', '/stalls/A-001', 'no-cache', '<!doctype html>'],
    ['a file named by its content', '/assets/index-abc123.js', 'public, max-age=31536000, immutable', 'export {}'],
  ])('%s', async (_, url, cacheControl, start) => {
    const response = await app.inject({ url, ...page });
    expect(response.statusCode).toBe(200);
    expect(response.body.startsWith(start)).toBe(true);
    expect(response.headers['cache-control']).toBe(cacheControl);
    expect(response.headers['content-security-policy']).toContain("default-src 'self'");
    expect(response.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    });
  });

  test.each([
    '/assets/gone.js',
    '/favicon.ico',
    '/api/stalls',
    '/push/x/y',
    '/../package.json',
    '/%2e%2e/package.json',
  ])('%s is not a page', async (url) => {
    expect((await app.inject({ url, ...page })).statusCode).toBe(404);
  });

  test('answers of the API are kept by nobody', async () => {
    expect((await request('health', null)).headers['cache-control']).toBe('no-store');
  });
});

test('a route of another room outside /api/ is served without a session', async () => {
  expect((await app.inject({ method: 'POST', url: '/push/secret', payload: {} })).body).toBe('taken');
});

test('handlers learn what the program says of itself, and where a call came from', async () => {
  stub.calls.length = 0;
  await request('health', null, { remoteAddress: '10.0.0.9' });
  expect(stub.calls[0]?.call).toMatchObject({ program: { version: '1.2.3', clockSpeed: 60 }, remote: '10.0.0.9' });
});

test('a route that takes files says how large a body may be, and only that one takes it', async () => {
  const body = (megabytes: number) => ({
    payload: { fileName: 'a.xlsx', base64: 'A'.repeat(megabytes * 1024 * 1024), dryRun: true },
  });
  expect((await request('importMeters', 'technician', body(7))).statusCode).toBe(200);
  const more = await request('importMeters', 'technician', body(9));
  expect([more.statusCode, more.json<{ code: string }>().code]).toEqual([413, 'http.too_large']);
  expect((await request('createMeter', 'technician', body(2))).statusCode).toBe(413);
});
