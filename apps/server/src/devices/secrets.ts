import type { Vault } from '../platform/vault.ts';
import type { GatewayLink } from './types.ts';

/*
 * What lets us in at gateways and platforms, and them in at us. It is stored sealed to whom it belongs: who has a copy of the
 * database has none of it. After the key of the installation is lost nothing opens, and each has to be entered again.
 */

interface GatewayKey {
  readonly link: GatewayLink;
  readonly linkKey: string;
}

interface NbKey {
  readonly platform: string;
  readonly productId: string;
}

export interface NbSecrets {
  readonly appSecret: string;
  /** CTWing: of the product; OneNET: of encrypted pushes, empty without. */
  readonly masterKey: string;
  /** The secret part of the address that the platform pushes to; OneNET signs with it too. */
  readonly pushToken: string;
}

const aboutGateway = ({ link, linkKey }: GatewayKey): string => `gateway ${link} ${linkKey}`;
const aboutNb = ({ platform, productId }: NbKey): string => `nb ${platform} ${productId}`;

export const sealGatewaySecret = (vault: Vault, key: GatewayKey, secret: string | null): string | null =>
  secret === null ? null : vault.seal(secret, aboutGateway(key));

/** Null where there is none, or none that opens. */
export const openGatewaySecret = (vault: Vault, key: GatewayKey, sealed: string | null): string | null =>
  sealed === null ? null : vault.open(sealed, aboutGateway(key));

export const sealNbSecrets = (vault: Vault, key: NbKey, { appSecret, masterKey, pushToken }: NbSecrets): string =>
  vault.seal(JSON.stringify({ appSecret, masterKey, pushToken }), aboutNb(key));

export function openNbSecrets(vault: Vault, key: NbKey, sealed: string): NbSecrets | null {
  const opened = vault.open(sealed, aboutNb(key));
  return opened === null ? null : (JSON.parse(opened) as NbSecrets);
}

/** By it a product is found from the address of a push, and two never have the same address. */
export const pushTokenMark = (vault: Vault, pushToken: string): Buffer => vault.mark(`push address\n${pushToken}`);
