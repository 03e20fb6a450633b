import { type Database, openDatabase } from './database.ts';
import { runningEmbeddedUrl, startEmbeddedPostgres } from './embedded-postgres.ts';
import type { Log } from './log.ts';
import { migrate } from './migrate.ts';

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
  const db = openDatabase(options.databaseUrl ?? embedded?.url ?? '', options.log);
  const close = async () => {
    await db.close();
    await embedded?.stop();
  };
  try {
    const applied = await migrate(db);
    if (applied.length > 0) options.log.info({ applied }, 'database schema brought up to date');
    return { db, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** For commands beside a running program: uses its embedded database when it answers, else opens the store as it would. */
export async function visitStore(options: StoreOptions): Promise<Store> {
  const url = options.databaseUrl === null ? await runningEmbeddedUrl(options.dataDir) : null;
  if (url === null) return openStore(options);
  const db = openDatabase(url, options.log);
  return { db, close: () => db.close() };
}
