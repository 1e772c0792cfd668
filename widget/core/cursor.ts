/** Places in the stream, `<epoch>-<seq>`. */

/** Is `id` at or before `cursor`? Between epochs nothing can be said, so: no. */
export function covers(cursor: string | undefined, id: string): boolean {
  if (cursor === undefined) return false
  const [epoch, seq] = cursor.split('-')
  const [idEpoch, idSeq] = id.split('-')
  return epoch === idEpoch && Number(idSeq) <= Number(seq)
}
