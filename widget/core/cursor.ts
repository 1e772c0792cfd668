/** Places in the stream, `<epoch>-<seq>`. */

/** Is `id` at or before `cursor`? Between epochs nothing can be said, so: no. */
export function covers(cursor: string | undefined, id: string | undefined): boolean {
  if (cursor === undefined || id === undefined) return false
  const [epoch, seq] = cursor.split('-')
  const [idEpoch, idSeq] = id.split('-')
  return epoch === idEpoch && Number(idSeq) <= Number(seq)
}

/** Where something stands that was told at `cursor`, but has no place of its own. */
export function following(cursor: string | undefined): string | undefined {
  const [epoch, seq] = cursor?.split('-') ?? []
  return epoch === undefined ? undefined : `${epoch}-${Number(seq) + 1}`
}
