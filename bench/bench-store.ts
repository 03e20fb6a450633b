import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '../apps/server/src/platform/database.ts';
import { silentLog } from '../apps/server/src/platform/log.ts';
import { openStore } from '../apps/server/src/platform/store.ts';

export interface BenchStore {
  readonly db: Database;
  close(): Promise<void>;
}

/** An embedded database of its own that syncs every commit, as the program's; gone when it is closed. */
export async function openBenchStore(): Promise<BenchStore> {
  const dataDir = await mkdtemp(join(tmpdir(), 'openprepay-bench-'));
  // As root the database runs as another user, who must get in here, or its data would be left behind elsewhere.
  await chmod(dataDir, 0o755);
  const store = await openStore({ databaseUrl: null, dataDir, log: silentLog });
  return {
    db: store.db,
    async close() {
      await store.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
