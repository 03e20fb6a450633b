import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT })
  .toString()
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(ROOT, path)));
const code = tracked.filter((path) => /\.(ts|mjs|vue)$/.test(path));
const product = code.filter((path) => !/\.test\.ts$|^test\/|\/test-support\/|\/test\//.test(path));
const text = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const MAX_FILE_LINES = 400;
const MAX_FUNCTION_LINES = 70;

/** Which workspaces a workspace may import. What is not here, it may not. */
const WORKSPACES: Readonly<Record<string, readonly string[]>> = {
  'packages/kernel': [],
  'packages/protocols': ['kernel'],
  'packages/domain': ['kernel'],
  'packages/contract': ['kernel'],
  'apps/server': ['kernel', 'protocols', 'domain', 'contract'],
  'apps/console': ['kernel', 'domain', 'contract'],
  'apps/simulator': ['kernel', 'protocols'],
  'apps/cli': ['kernel', 'domain', 'protocols', 'server', 'simulator'],
};

/** Which rooms of the server a room may import, beside platform, which all stand on. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  platform: [],
  identity: [],
  devices: ['identity', 'readings'],
  prices: ['identity'],
  accounts: ['prices', 'identity'],
  commands: [],
  readings: ['identity'],
  ledger: ['identity', 'accounts'],
  counter: ['identity', 'accounts', 'ledger'],
  settlement: ['identity', 'ledger', 'prices', 'accounts', 'readings'],
  control: ['commands', 'identity', 'accounts'],
  collection: ['headend', 'devices', 'commands', 'readings', 'identity'],
  headend: ['devices', 'readings', 'commands', 'identity'],
  // Above all that an exchange of meters touches, so that nothing below needs to know of control.
  replacement: ['devices', 'readings', 'commands', 'control', 'identity'],
  // Who has a stall from when: readings, use and money of a hand-over. None of the rooms below knows of it.
  tenancy: ['accounts', 'ledger', 'settlement', 'devices', 'readings', 'identity'],
  sites: ['accounts', 'prices', 'ledger', 'commands', 'devices', 'identity'],
  // What needs a second person is done by the rooms below; none of them knows that it was asked for.
  approvals: ['identity', 'accounts', 'prices', 'counter', 'control'],
  // It looks over the market as it stands, by what others count; nothing is decided by it.
  overview: ['sites', 'collection', 'approvals', 'identity'],
  // It reads what all of them wrote and asks none of them.
  proof: [],
  verify: [],
};

function importsOf(path: string): string[] {
  const script = path.endsWith('.vue')
    ? [...text(path).matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map((m) => m[1]).join('\n')
    : text(path);
  return ts.preProcessFile(script, true, true).importedFiles.map((file) => file.fileName);
}

test('workspaces import only downwards', () => {
  const wrong: string[] = [];
  for (const path of product) {
    const workspace = Object.keys(WORKSPACES).find((name) => path.startsWith(`${name}/`));
    if (!workspace) continue;
    for (const name of importsOf(path)) {
      const target = /^@openprepay\/(\w+)/.exec(name)?.[1];
      if (target && !WORKSPACES[workspace]?.includes(target) && !workspace.endsWith(`/${target}`))
        wrong.push(`${path} → ${name}`);
      if (
        name.startsWith('.') &&
        !posix.join(dirname(path), name).startsWith(`${workspace}/`) &&
        !path.endsWith('.mjs')
      ) {
        wrong.push(`${path} → ${name}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test('a workspace imports only packages that it declares', () => {
  const wrong: string[] = [];
  for (const path of product) {
    const workspace = Object.keys(WORKSPACES).find((name) => path.startsWith(`${name}/`));
    if (!workspace) continue;
    const manifest = JSON.parse(text(`${workspace}/package.json`)) as { name: string; dependencies?: object };
    const declared = [manifest.name, ...Object.keys(manifest.dependencies ?? {})];
    for (const name of importsOf(path)) {
      const bare = /^(@[^/]+\/[^/]+|[^./@][^/]*)/.exec(name)?.[1];
      if (bare && !bare.startsWith('node:') && !declared.includes(bare)) wrong.push(`${path} → ${bare}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('rooms of the server import only what the house plan says, and never another room’s store', () => {
  const wrong: string[] = [];
  for (const path of product) {
    const room = /^apps\/server\/src\/(\w+)\//.exec(path)?.[1];
    if (!room) continue;
    expect(Object.keys(ROOMS)).toContain(room);
    for (const name of importsOf(path)) {
      if (!name.startsWith('.')) continue;
      const target = posix.join(dirname(path), name);
      const other = /^apps\/server\/src\/(\w+)\//.exec(target)?.[1];
      if (!other || other === room) continue;
      if (other !== 'platform' && !ROOMS[room]?.includes(other)) wrong.push(`${path} → ${other}`);
      if (target.endsWith('/store.ts')) wrong.push(`${path} → ${target}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('only the ledger writes postings and purses, only control writes the wanted state', () => {
  const owners: readonly [pattern: RegExp, room: string][] = [
    [/(insert into|update|delete from)\s+(posting|ledger_tx|purse|ledger_seal\w*)\b/i, 'ledger'],
    [/(insert into|update|delete from)\s+(receipt|till|shift|counter_\w+)\b/i, 'counter'],
    [
      /(insert into|update|delete from)\s+(operator\w*|sign_in\w*|recovery_code|api_key|kept_list|audit)\b/i,
      'identity',
    ],
    [/(insert into|update|delete from)\s+approval\b/i, 'approvals'],
    [
      /(insert into|update|delete from)\s+(meter_control|wanted_change|friendly_hours|holiday|protected_stall_type)\b/i,
      'control',
    ],
    [/(insert into|update|delete from)\s+(mass_switch\w*|site_emergency|reclose_turn)\b/i, 'control'],
    [/(insert into|update|delete from)\s+command\b/i, 'commands'],
    [/(insert into|update|delete from)\s+read_batch\w*\b/i, 'collection'],
    [/(insert into|update|delete from)\s+(reading|hold|photo)\b/i, 'readings'],
    [
      /(insert into|update|delete from)\s+(charge|charge_correction|meter_settlement|provisional_charge)\b/i,
      'settlement',
    ],
  ];
  const wrong = product
    .filter((path) => path.startsWith('apps/server/src/'))
    .flatMap((path) =>
      owners
        .filter(([pattern, room]) => pattern.test(text(path)) && !path.startsWith(`apps/server/src/${room}/`))
        .map(([, room]) => `${path} writes what belongs to ${room}`),
    );
  expect(wrong).toEqual([]);
});

test(`no file of code is longer than ${MAX_FILE_LINES} lines`, () => {
  expect(
    code
      .map((path) => [path, text(path).split('\n').length - 1] as const)
      .filter(([, lines]) => lines > MAX_FILE_LINES),
  ).toEqual([]);
});

test(`no function is longer than ${MAX_FUNCTION_LINES} lines`, () => {
  const long: string[] = [];
  for (const path of product.filter((name) => name.endsWith('.ts'))) {
    const source = ts.createSourceFile(path, text(path), ts.ScriptTarget.ESNext, true);
    const visit = (node: ts.Node) => {
      if (ts.isFunctionLike(node) && 'body' in node && node.body) {
        const from = source.getLineAndCharacterOfPosition(node.getStart()).line;
        const to = source.getLineAndCharacterOfPosition(node.end).line;
        if (to - from + 1 > MAX_FUNCTION_LINES) long.push(`${path}:${from + 1} has ${to - from + 1} lines`);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  expect(long).toEqual([]);
});

test('business code takes its time from the clock, and money is never a float', () => {
  const wrong: string[] = [];
  for (const path of product.filter((name) => /^(packages\/(domain|protocols)|apps\/server\/src)\//.test(name))) {
    const source = text(path);
    if (/\bDate\.now\(\)|new Date\(\)/.test(source) && !/^apps\/server\/src\/(platform|headend)\//.test(path))
      wrong.push(`${path}: its own clock`);
    if (/\bparseFloat\(|\.toFixed\(/.test(source)) wrong.push(`${path}: floating point`);
    if (/\bnow\(\)|current_timestamp/i.test(source.match(/`[^`]*`/g)?.join('\n') ?? '') && !path.includes('/platform/'))
      wrong.push(`${path}: the database’s clock`);
  }
  expect(wrong).toEqual([]);
});

test('nothing is skipped, focused or left to be done', () => {
  const marks = new RegExp(
    ['\\b(it|test|describe)\\.(skip|only|todo)\\b', `\\b${'TO'}${'DO'}\\b`, `\\b${'FIX'}${'ME'}\\b`].join('|'),
  );
  expect(code.filter((path) => path !== 'test/tidy/house.test.ts' && marks.test(text(path)))).toEqual([]);
});

test('every room and package says what it owns', () => {
  const folders = [
    ...Object.keys(WORKSPACES).filter((name) => name !== 'apps/cli'),
    ...Object.keys(ROOMS).map((room) => `apps/server/src/${room}`),
  ];
  expect(folders.filter((folder) => !existsSync(join(ROOT, folder, 'README.md')))).toEqual([]);
});

test('every migration keys its market-owned tables by market first', () => {
  const installationWide = [
    'market',
    'device_directory',
    'unclaimed_device',
    'nb_product',
    'gateway',
    'operator',
    'sign_in',
    'sign_in_ticket',
    'sign_in_attempt',
    'operator_link',
    'recovery_code',
    'api_key',
    'kept_list',
    'setting',
  ];
  const wrong: string[] = [];
  for (const path of tracked.filter((name) => /migrations\/\d{4}_\w+\.sql$/.test(name))) {
    for (const [, table = '', body = ''] of text(path).matchAll(/create table (\w+) \(([\s\S]*?)\n\);/g)) {
      if (installationWide.includes(table)) continue;
      for (const [, keys = ''] of body.matchAll(/(?:primary key|unique|foreign key) \(([^)]*)\)/g)) {
        if (!keys.startsWith('market_id')) wrong.push(`${path}: ${table} (${keys})`);
      }
    }
    for (const [, keys = ''] of text(path).matchAll(/create unique index \w+ on \w+ \(([^)]*)\)/g)) {
      if (!keys.startsWith('market_id')) wrong.push(`${path}: unique index (${keys})`);
    }
  }
  expect(wrong).toEqual([]);
});
