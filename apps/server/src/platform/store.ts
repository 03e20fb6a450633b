import { type Database, openDatabase } from './database.ts';
import { runningEmbeddedUrl, startEmbeddedPostgres } from './embedded-postgres.ts';
import type { Log } from './log.ts';
import { migrate } from './migrate.ts';
import { openVault } from './vault.ts';

export interface StoreOptions {
  /** One's own PostgreSQL ≥ 15, or null for the embedded one below `dataDir`. */
  readonly databaseUrl: string | null;
  readonly dataDir: string;
  readonly log: Log;
}

export interface Store {
  readonly db: Database;
  close(): Promise<void>;
}

/** Opens the database, starting the embedded one where needed, and brings its schema up to date. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const embedded = options.databaseUrl === null ? await startEmbeddedPostgres(options) : null;
  try {
    const db = await openWithVault(options.databaseUrl ?? embedded?.url ?? '', options, async (bare) => {
      const applied = await migrate(bare);
      if (applied.length > 0) options.log.info({ applied }, 'database schema brought up to date');
    });
    const close = async () => {
      await db.close();
      await embedded?.stop();
    };
    return { db, close };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

/** For commands beside a running program: uses its embedded database when it answers, else opens the store as it would. */
export async function visitStore(options: StoreOptions): Promise<Store> {
  const url = options.databaseUrl === null ? await runningEmbeddedUrl(options.dataDir) : null;
  if (url === null) return openStore(options);
  const db = await openWithVault(url, options);
  return { db, close: () => db.close() };
}

/** @throws platform.secret_key_missing */
async function openWithVault(
  url: string,
  { dataDir, log }: StoreOptions,
  prepare: (bare: Database) => Promise<void> = async () => {},
): Promise<Database> {
  const bare = openDatabase(url, log);
  try {
    await prepare(bare);
    return openDatabase(url, log, await openVault(bare, dataDir));
  } finally {
    await bare.close();
  }
}
