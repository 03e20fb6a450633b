import { onScopeDispose, type Ref, shallowRef } from 'vue';
import { coalesce } from '../live/coalesce.ts';

const REFRESH_MS = 15_000;

export interface LiveList<Row> {
  /** null until the first answer. */
  readonly rows: Readonly<Ref<readonly Row[] | null>>;
  readonly problem: Readonly<Ref<unknown>>;
  readonly refresh: () => void;
}

/** A list that is asked for again on a slow beat, and whenever told to; what was shown stays while the next answer is under way. */
export function useList<Row>(load: () => Promise<readonly Row[]>, everyMs = REFRESH_MS): LiveList<Row> {
  const rows = shallowRef<readonly Row[] | null>(null);
  const problem = shallowRef<unknown>(null);
  const refresh = coalesce(async () => {
    try {
      rows.value = await load();
      problem.value = null;
    } catch (error) {
      problem.value = error;
    }
  });
  refresh();
  const timer = setInterval(refresh, everyMs);
  onScopeDispose(() => clearInterval(timer));
  return { rows, problem, refresh };
}
