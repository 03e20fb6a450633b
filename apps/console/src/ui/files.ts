const LONGEST_SIDE = 1_600;
const QUALITY = 0.8;
/** What the server takes, with room for base64. */
const MAX_BYTES = 500_000;
const SMALLER = [1, 0.7, 0.5, 0.35];

export interface Picture {
  readonly mediaType: 'image/jpeg';
  readonly base64: string;
  /** For showing it here. */
  readonly url: string;
}

/**
 * A camera's picture made small enough to send: at most 1,600 pixels a side and 500 KB, as JPEG.
 * @throws what the browser says of a file that is no picture
 */
export async function pictureOf(file: Blob): Promise<Picture> {
  const bitmap = await createImageBitmap(file);
  const fit = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  for (const smaller of SMALLER) {
    const blob = await drawn(bitmap, fit * smaller);
    if (blob.size <= MAX_BYTES)
      return { mediaType: 'image/jpeg', base64: await base64Of(blob), url: URL.createObjectURL(blob) };
  }
  throw new Error('the picture cannot be made small enough');
}

async function drawn(bitmap: ImageBitmap, scale: number): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((done, fail) => {
    canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error('no picture'))), 'image/jpeg', QUALITY);
  });
}

/** A file's bytes as base64, for a JSON body. */
export function base64Of(file: Blob): Promise<string> {
  return new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result).replace(/^data:[^,]*,/, ''));
    reader.onerror = () => fail(reader.error ?? new Error('the file cannot be read'));
    reader.readAsDataURL(file);
  });
}

/** Gives a file of the server to the person, as a download. */
export function saveFile({ fileName, base64 }: { readonly fileName: string; readonly base64: string }): void {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  saveBlob(fileName, new Blob([bytes]));
}

/** As saveFile, of words made here. */
export const saveText = (fileName: string, words: string): void =>
  saveBlob(fileName, new Blob([words], { type: 'text/plain;charset=utf-8' }));

export function saveBlob(fileName: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
