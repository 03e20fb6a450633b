import type { GridChange } from '@openprepay/contract';

export type Connection = 'connecting' | 'live' | 'reconnecting';

export interface GridStreamListener {
  /** `first` marks the first event of a connection, which carries the whole grid. */
  change(change: GridChange, first: boolean): void;
  connection(state: Connection): void;
  /** The server refused the stream; the session may have ended. */
  refused(): void;
}

/** The part of EventSource that is used. */
interface EventStream {
  readonly readyState: number;
  addEventListener(type: string, listener: (event: Event) => void): void;
  close(): void;
}

const CLOSED = 2;
const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 10_000;

/**
 * Follows the grid's events until closed. The browser reconnects a broken stream by itself, but gives up on one that is
 * answered with an error, as by a proxy while the server restarts; then we open a new one, ever more patiently.
 */
export function followGrid(
  url: string,
  listener: GridStreamListener,
  open: (url: string) => EventStream = (address) => new EventSource(address),
): () => void {
  let source: EventStream;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waitMs = RETRY_FIRST_MS;

  const connect = (): void => {
    let first = true;
    source = open(url);
    source.addEventListener('open', () => {
      first = true;
    });
    source.addEventListener('grid', (event) => {
      waitMs = RETRY_FIRST_MS;
      listener.change(JSON.parse((event as MessageEvent<string>).data) as GridChange, first);
      first = false;
      listener.connection('live');
    });
    source.addEventListener('error', () => {
      listener.connection('reconnecting');
      if (source.readyState !== CLOSED) return;
      listener.refused();
      timer = setTimeout(connect, waitMs);
      waitMs = Math.min(waitMs * 2, RETRY_MAX_MS);
    });
  };

  listener.connection('connecting');
  connect();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
