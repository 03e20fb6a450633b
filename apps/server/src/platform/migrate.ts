import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from './database.ts';
import { platformError } from './errors.ts';

const FOLDER = join(import.meta.dirname, 'migrations');
const LOCK = 7_266_001;

/**
 * Brings the schema up to this program's version: every numbered file not yet applied, in order, each in one
 * transaction. An applied file never changes, and a database newer than the program is refused.
 * @returns the names applied now
 * @throws platform.migration_changed, platform.schema_is_newer
 */
export async function migrate(db: Database): Promise<string[]> {
  const names = (await readdir(FOLDER)).filter((name) => /^\d{4}_\w+\.sql$/.test(name)).sort();
  return db.tx(async (tx) => {
    await tx.query('set local statement_timeout = 0');
    await tx.query('select pg_advisory_xact_lock($1)', [LOCK]);
    await tx.query(`create table if not exists migration
      (name text primary key, sha256 text not null, applied_at timestamptz not null default now())`);
    const applied = new Map(
      (await tx.query<{ name: string; sha256: string }>('select name, sha256 from migration')).map((row) => [
        row.name,
        row.sha256,
      ]),
    );
    const unknown = [...applied.keys()].filter((name) => !names.includes(name));
    if (unknown.length > 0) {
      throw platformError(
        'platform.schema_is_newer',
        `the database has migrations this program lacks: ${unknown.join(', ')}`,
      );
    }
    const done: string[] = [];
    for (const name of names) {
      const sql = await readFile(join(FOLDER, name), 'utf8');
      const sha256 = createHash('sha256').update(sql).digest('hex');
      const known = applied.get(name);
      if (known !== undefined && known !== sha256) {
        throw platformError('platform.migration_changed', `${name} is not what was applied to this database`);
      }
      if (known !== undefined) continue;
      await tx.query(sql);
      await tx.query('insert into migration (name, sha256) values ($1, $2)', [name, sha256]);
      done.push(name);
    }
    return done;
  });
}
