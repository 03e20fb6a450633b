/** What a person typed, for `like '%' || $n || '%'` to find as it stands; null where nothing was. */
export const likeText = (text: string | undefined): string | null => text?.replace(/[\\%_]/g, '\\$&') ?? null;
