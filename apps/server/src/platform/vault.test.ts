import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freshDatabase } from '../../test-support/database.ts';
import { newVault, openVault, secretKeyPath } from './vault.ts';

const SINCE = new Date(0);
const vault = newVault({ key: Buffer.alloc(32, 1), since: SINCE });
const missing = { code: 'platform.secret_key_missing' };

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'openprepay-vault-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

test('what is sealed opens again for whose it is, and for no other, no other key, and not altered by a bit', () => {
  const other = newVault({ key: Buffer.alloc(32, 2), since: SINCE });
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.nat(), (secret, about, at) => {
      const sealed = vault.seal(secret, about);
      expect(vault.open(sealed, about)).toBe(Buffer.from(secret).toString());
      expect(vault.open(sealed, `${about}x`)).toBe(null);
      expect(other.open(sealed, about)).toBe(null);
      const bytes = Buffer.from(sealed, 'base64url');
      bytes.writeUInt8(bytes.readUInt8(at % bytes.length) ^ 1, at % bytes.length);
      expect(vault.open(bytes.toString('base64url'), about)).toBe(null);
      expect(vault.seal(secret, about)).not.toBe(sealed);
    }),
  );
  for (const nothing of ['', 'AAAA', 'not sealed']) expect(vault.open(nothing, 'x')).toBe(null);
});

test('a mark is of one text and one key', () => {
  expect(vault.mark('a')).toEqual(vault.mark('a'));
  expect(vault.mark('a')).not.toEqual(vault.mark('b'));
  expect(vault.mark('a')).not.toEqual(newVault({ key: Buffer.alloc(32, 2), since: SINCE }).mark('a'));
});

test('the key is made at the first start, for its user alone, and is the same from then on', async () => {
  const db = await freshDatabase();
  const first = await openVault(db, dataDir);
  const { mode } = await stat(secretKeyPath(dataDir));
  expect(mode & 0o777).toBe(0o600);
  const again = await openVault(db, dataDir);
  expect(again.open(first.seal('secret', 'x'), 'x')).toBe('secret');
  expect(again.since).toEqual(first.since);
  const stored = await db.query<{ value: string }>(`select value::text from setting where name = 'secret_key'`);
  const { key } = JSON.parse(await readFile(secretKeyPath(dataDir), 'utf8')) as { key: string };
  expect(stored[0]?.value).not.toContain(key);
  expect(stored[0]?.value).not.toContain(Buffer.from(key, 'base64url').toString('hex'));
});

test('two that start at once have one key', async () => {
  const db = await freshDatabase();
  const vaults = await Promise.all([openVault(db, dataDir), openVault(db, dataDir), openVault(db, dataDir)]);
  const sealed = vaults[0].seal('secret', 'x');
  expect(vaults.map((one) => one.open(sealed, 'x'))).toEqual(['secret', 'secret', 'secret']);
});

test('without its key, or with another’s, nothing goes on until a person says that the key is lost', async () => {
  const db = await freshDatabase();
  const lost = await openVault(db, dataDir);
  const path = secretKeyPath(dataDir);
  const kept = await readFile(path, 'utf8');
  await rm(path);
  await expect(openVault(db, dataDir)).rejects.toMatchObject(missing);
  await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  await openVault(await freshDatabase(), dataDir);
  await expect(openVault(db, dataDir)).rejects.toMatchObject(missing);
  await writeFile(path, kept);
  expect((await openVault(db, dataDir)).open(lost.seal('secret', 'x'), 'x')).toBe('secret');
  await writeFile(path, '');
  await chmod(path, 0o644);
  const begun = await openVault(db, dataDir);
  expect(begun.open(lost.seal('secret', 'x'), 'x')).toBe(null);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await openVault(db, dataDir)).open(begun.seal('secret', 'x'), 'x')).toBe('secret');
});
