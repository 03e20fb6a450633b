/** A way to one meter or to several: modem, gateway or radio module. */
export interface Link {
  readonly linkKey: string;
  /** Known to the server or its platform, as far as this side can tell. */
  readonly connected: boolean;
  start(firstContactMs: number): void;
  stop(): void | Promise<void>;
  /** Takes its power, or what else it stands on, until `plug`. The meters go on measuring. */
  unplug(): void;
  plug(): void;
}
