import { join } from 'node:path';
import type { RouteRecordRaw } from 'vue-router';

/** One page of the console: its name, its address, and whether it stands alone outside the menu. */
export interface ScreenPage {
  readonly name: string;
  readonly path: string;
  /** The meters that the page before it would have handed on. */
  readonly meterIds?: readonly string[];
}

/** There is nothing on them until meters were chosen in the register. */
const OF_CHOSEN_METERS: readonly string[] = ['read-batch-new'];

/** Every page of the routes, the first screen of each; what stands behind a colon is still to be filled in. */
function pagesOf(records: readonly RouteRecordRaw[], above = ''): ScreenPage[] {
  return records.flatMap((record) => {
    const path = record.path.startsWith('/') ? record.path : `${above}/${record.path}`.replace(/\/{2,}/g, '/');
    const below = pagesOf(record.children ?? [], path);
    const isPage = record.name !== undefined && record.component !== undefined && record.redirect === undefined;
    return isPage ? [{ name: String(record.name), path: path.replace(/(.)\/$/, '$1') }, ...below] : below;
  });
}

/** The console's own routes, with ids put in. @throws where a kind of id is not known: tell `ids` of it */
export async function consolePages(ids: Readonly<Record<string, string>>): Promise<ScreenPage[]> {
  // By a name that is made here: the components behind the routes are nothing to this program's types.
  const console = join(import.meta.dirname, '../apps/console/src');
  const { routes } = (await import(`${console}/routes.ts`)) as { routes: readonly RouteRecordRaw[] };
  return pagesOf(routes).map(({ name, path }) => ({
    name,
    ...(OF_CHOSEN_METERS.includes(name) && { meterIds: ids['meterIds']?.split(',') ?? [] }),
    path: path.includes(':rest')
      ? '/no/such/page'
      : path.replace(/:(\w+)/g, (_, key: string) => {
          const id = ids[key];
          if (!id) throw new Error(`${path}: nobody said where a ${key} is found`);
          return id;
        }),
  }));
}
