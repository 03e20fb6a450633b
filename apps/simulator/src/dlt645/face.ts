import type { ZonedParts } from '@openprepay/kernel';
import type { ThreePhases } from '../electrical.ts';
import type { Tariff } from '../tariffs.ts';
import type { Freezes } from './freezes.ts';
import type { Parameters } from './parameters.ts';

/** A switching of the relay, as the meter notes it. */
export interface Switching {
  /** The meter's clock, ms. */
  readonly clockMs: number;
  readonly operator: string;
  readonly totalTicks: number;
}

export interface RelayFace {
  readonly open: boolean;
  readonly orderedOpen: boolean;
  readonly keepPower: boolean;
  readonly alarm: boolean;
  /** Newest first. */
  readonly trips: readonly Switching[];
  readonly closes: readonly Switching[];
  readonly tripCount: number;
  readonly closeCount: number;
}

/** All that the meter knows at the instant it is asked. */
export interface Face {
  readonly address: string;
  readonly phases: 1 | 3;
  readonly zone: string;
  readonly clock: ZonedParts;
  /** Hundredths of a kWh, before CT. */
  readonly ticks: Readonly<Record<Tariff | 'total', number>>;
  readonly electrical: ThreePhases;
  /** Null where the meter has no relay. */
  readonly relay: RelayFace | null;
  readonly parameters: Parameters;
  readonly freezes: Freezes;
}
