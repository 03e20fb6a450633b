import { defineErrors, OpenPrepayError } from '@openprepay/kernel';

/** Why bytes, or a message to be encoded, were refused. The codes are shared by every protocol of this package. */
export const protocolError = defineErrors({
  'frame.truncated': 400,
  'frame.bad_delimiter': 400,
  'frame.bad_length': 400,
  'frame.bad_checksum': 400,
  'frame.too_long': 400,
  'frame.bad_bcd': 400,
  'frame.bad_payload': 400,
  'frame.bad_value': 400,
  'frame.unknown_function': 400,
  'frame.unknown_unit': 400,
  /** The bytes are not of the shape that this product's payloads have. */
  'frame.unknown_shape': 400,
  /** There is no key, or it is not the one that the sender has. */
  'frame.not_decrypted': 400,
  /** A compression, cipher or encoding that is not built in. */
  'frame.not_supported': 400,
  /** The meter answered that it will not. */
  'meter.refused': 409,
  'meter.bad_address': 400,
  /** This model cannot be asked or told that, or it is not yet verified on a real one. */
  'meter.not_supported': 409,
});

export type ProtocolErrorCode = Parameters<typeof protocolError>[0];

export const isProtocolError = (error: unknown): error is OpenPrepayError<ProtocolErrorCode> =>
  error instanceof OpenPrepayError && /^(frame|meter)\./.test(error.code);
