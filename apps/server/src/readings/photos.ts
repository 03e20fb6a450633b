import { uuidV7 } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';
import { readingsError } from './errors.ts';

export type PhotoMediaType = 'image/jpeg' | 'image/png' | 'image/webp';

/** What a picture is, told by its first bytes and by nothing that came beside it; null for anything else. */
export function sniffPhoto(bytes: Uint8Array): PhotoMediaType | null {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (head.startsWith('RIFF') && head.startsWith('WEBP', 8)) return 'image/webp';
  return null;
}

/**
 * Stores a picture of a register.
 * @returns its id, or null where there is none
 * @throws readings.not_a_photo
 */
export async function storePhoto(
  tx: Queryable,
  marketId: string,
  photo: Uint8Array | null,
  by: { readonly operatorId: string; readonly at: Date },
): Promise<string | null> {
  if (photo === null) return null;
  const mediaType = sniffPhoto(photo);
  if (mediaType === null) throw readingsError('readings.not_a_photo', 'a photo is JPEG, PNG or WebP');
  const photoId = uuidV7(by.at);
  await tx.query(
    `insert into photo (market_id, photo_id, taken_at, operator_id, media_type, bytes) values ($1, $2, $3, $4, $5, $6)`,
    [marketId, photoId, by.at, by.operatorId, mediaType, Buffer.from(photo)],
  );
  return photoId;
}

export interface StoredPhoto {
  readonly photoId: string;
  readonly takenAt: Date;
  readonly mediaType: PhotoMediaType;
  readonly bytes: Buffer;
}

/** @throws readings.photo_not_found */
export async function findPhoto(db: Queryable, marketId: string, photoId: string): Promise<StoredPhoto> {
  const [photo] = await db.query<StoredPhoto & Record<string, unknown>>(
    `select photo_id as "photoId", taken_at as "takenAt", media_type as "mediaType", bytes
     from photo where market_id = $1 and photo_id = $2`,
    [marketId, photoId],
  );
  if (!photo) throw readingsError('readings.photo_not_found', 'this market has no such photo');
  return photo;
}
