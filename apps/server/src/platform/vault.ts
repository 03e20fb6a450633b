import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Queryable } from './database.ts';
import { platformError } from './errors.ts';

/** What an installation can do because it knows something that its database does not hold. */
export interface Vault {
  /** @param about whose it is: it opens for nothing else, so one row's is worth nothing in another */
  seal(secret: string, about: string): string;
  /** Null where it was sealed by another key or about something else, or was altered. */
  open(sealed: string, about: string): string | null;
  /** HMAC-SHA-256: nobody who has only the database can make one. */
  mark(text: string): Buffer;
  /** From when on the key has been this installation's. */
  readonly since: Date;
}

export interface SecretKey {
  readonly key: Buffer;
  readonly since: Date;
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const FILE = 'secret.key';
const SETTING = 'secret_key';

export const secretKeyPath = (dataDir: string): string => join(resolve(dataDir), FILE);

/** AES-256-GCM (NIST SP 800-38D) with a random nonce, and HMAC, each by a key of its own (HKDF, RFC 5869). */
export function newVault({ key, since }: SecretKey): Vault {
  const derived = (use: string) => Buffer.from(hkdfSync('sha256', key, '', `openprepay ${use}`, KEY_BYTES));
  const [sealing, marking] = [derived('seal'), derived('mark')];
  return {
    since,
    seal(secret, about) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce).setAAD(Buffer.from(about));
      const sealed = [nonce, cipher.update(secret, 'utf8'), cipher.final()];
      return Buffer.concat([...sealed, cipher.getAuthTag()]).toString('base64url');
    },
    open(sealed, about) {
      const bytes = Buffer.from(sealed, 'base64url');
      if (bytes.length < NONCE_BYTES + TAG_BYTES) return null;
      const decipher = createDecipheriv('aes-256-gcm', sealing, bytes.subarray(0, NONCE_BYTES))
        .setAAD(Buffer.from(about))
        .setAuthTag(bytes.subarray(-TAG_BYTES));
      try {
        return decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      } catch {
        return null;
      }
    },
    mark: (text) => createHmac('sha256', marking).update(text).digest(),
  };
}

const fingerprintOf = ({ key }: SecretKey): string => createHash('sha256').update(key).digest('hex');

/**
 * The vault of an installation. Its key is made at the first start, in a file that only its user reads; the database
 * knows the key's fingerprint, so that another key is never taken for it.
 * @throws platform.secret_key_missing where the folder has not the key that the database knows
 */
export async function openVault(db: Queryable, dataDir: string): Promise<Vault> {
  const path = secretKeyPath(dataDir);
  const known = await knownFingerprint(db);
  const text = await readFile(path, 'utf8').catch(() => null);
  // An empty file is a person's word that the old key is lost for good.
  const isNew = text === null ? known === null : text.trim() === '';
  const key = isNew ? await makeKey(path, text !== null) : text === null ? null : parseKey(text);
  if (key !== null && (isNew || known === null)) await noteFingerprint(db, fingerprintOf(key), isNew && text !== null);
  if (key === null || fingerprintOf(key) !== (await knownFingerprint(db))) {
    throw platformError(
      'platform.secret_key_missing',
      `${path} is not the secret key of this installation: put it back from the backup. Where it is lost for good, an empty file ` +
        'of that name begins with a new one, and second factors have to be set up again',
    );
  }
  return newVault(key);
}

async function knownFingerprint(db: Queryable): Promise<string | null> {
  const [row] = await db.query<{ value: string }>('select value from setting where name = $1', [SETTING]);
  return row?.value ?? null;
}

async function noteFingerprint(db: Queryable, fingerprint: string, replace: boolean): Promise<void> {
  await db.query(
    `insert into setting (name, value) values ($1, $2)
     on conflict (name) do ${replace ? 'update set value = excluded.value' : 'nothing'}`,
    [SETTING, JSON.stringify(fingerprint)],
  );
}

/** Whole before it is seen; of two that make it at once, one does. */
async function makeKey(path: string, replace: boolean): Promise<SecretKey> {
  const fresh = `${path}.${randomBytes(8).toString('hex')}.new`;
  const key = randomBytes(KEY_BYTES).toString('base64url');
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(fresh, `${JSON.stringify({ key, since: new Date().toISOString() })}\n`, { mode: 0o600 });
  if (replace) await rename(fresh, path);
  else await link(fresh, path).catch(ignoreThere);
  await rm(fresh, { force: true });
  return parseKey(await readFile(path, 'utf8'));
}

function ignoreThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

function parseKey(text: string): SecretKey {
  const { key, since } = JSON.parse(text) as { key: string; since: string };
  return { key: Buffer.from(key, 'base64url'), since: new Date(since) };
}
