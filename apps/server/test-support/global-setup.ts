import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../src/platform/database.ts';
import { startEmbeddedPostgres } from '../src/platform/embedded-postgres.ts';
import { silentLog } from '../src/platform/log.ts';
import { migrate } from '../src/platform/migrate.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Address of a real PostgreSQL whose database `openprepay` has the schema and no rows: the template of all others. */
    templateUrl: string;
  }
}

/** A database is copied only while nobody is in it, the server's own housekeeping among them: so nobody may come in. */
async function closeTemplate(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url.replace(/\/openprepay$/, '/postgres') });
  await client.connect();
  await client.query('alter database openprepay with is_template true allow_connections false');
  await client.end();
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'openprepay-test-'));
  // As root the server runs as another user, who must get in here, or its data would be left behind elsewhere.
  await chmod(dataDir, 0o755);
  const server = await startEmbeddedPostgres({ dataDir, log: silentLog, throwAway: true });
  const db = openDatabase(server.url, silentLog);
  await migrate(db);
  await db.close();
  await closeTemplate(server.url);
  project.provide('templateUrl', server.url);
  return async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
    await rm(server.dataDir, { recursive: true, force: true });
  };
}
