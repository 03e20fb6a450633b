/** A device that is signed in to a broker of our own. */
export interface Peer {
  readonly linkKey: string;
  readonly remote: string;
  close(): void;
}

/** What comes in. `peer` is null where a broker elsewhere has let the device in, and only the topic says who it is. */
export interface MqttEvents {
  onMessage(topic: string, payload: Uint8Array, peer: Peer | null): void;
  onGone(peer: Peer): void;
}

/** The way messages go and come, through a broker of our own or anybody's. */
export interface MqttPort {
  /** Where devices sign in; null where the broker is elsewhere. */
  readonly port: number | null;
  readonly connections: number;
  /** Sent at most with quality of service 1. @returns false when there is no connection to send it on */
  publish(topic: string, payload: Uint8Array): boolean;
  stop(): Promise<void>;
}
