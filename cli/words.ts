/** How numbers and times are told to people. Data for programs has neither. */

/** `1 app`, `2 apps`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`
