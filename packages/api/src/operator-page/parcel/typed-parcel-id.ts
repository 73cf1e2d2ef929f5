/** What somebody typed into the search: the id, or what to type instead. */
export type TypedParcelId = { readonly parcelId: number } | { readonly problem: string };

/** White space of any kind, and the marks of direction that come along where a text is copied. */
const unseen = /[\s\p{Cf}]/gu;

/** Digits in groups of three, by the separators that people use. */
const grouped = /^\d{1,3}(?:([,.'’_])\d{3})(?:\1\d{3})*$/u;

/** Reads a ParcelId as people type or paste it: with spaces, with separators of thousands. */
export function typedParcelId(text: string): TypedParcelId {
  const bare = text.replaceAll(unseen, '');
  if (bare === '') return { problem: 'Type the ParcelId: a whole number, such as 5002.' };
  const digits = grouped.test(bare) ? bare.replaceAll(/\D/g, '') : bare;
  if (!/^\d+$/.test(digits)) return { problem: 'This is not a ParcelId: type a whole number, such as 5002.' };
  const parcelId = Number(digits);
  if (parcelId === 0) return { problem: 'ParcelIds begin at 1: type a whole number, such as 5002.' };
  if (Number.isSafeInteger(parcelId)) return { parcelId };
  return { problem: `No ParcelId is that large: the largest is ${Number.MAX_SAFE_INTEGER}.` };
}
