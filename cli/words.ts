/** How numbers and times are told to people. Data for programs has neither. */

/** `1 app`, `2 apps`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`

const two = (number: number) => String(number).padStart(2, '0')

/** `2026-11-21`, where the reader is. */
export function dayOf(instant: string | number): string {
  const at = new Date(instant)
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}

/** `2026-11-21 18:23`, where the reader is. */
export function minuteOf(instant: string | number): string {
  const at = new Date(instant)
  return `${dayOf(instant)} ${two(at.getHours())}:${two(at.getMinutes())}`
}

/** `2026-11-21 18:23:07`, where the reader is. */
export const secondOf = (instant: string | number): string =>
  `${minuteOf(instant)}:${two(new Date(instant).getSeconds())}`
