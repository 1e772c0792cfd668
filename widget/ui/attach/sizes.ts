/** Sizes of files, as people write them. */

const units = ['byte', 'kilobyte', 'megabyte'] as const

/** In units of a thousand, with as many digits as say something. */
export function describeSize(bytes: number, locale: string): string {
  const nth = bytes < 1_000 ? 0 : bytes < 999_500 ? 1 : 2
  const value = bytes / 1_000 ** nth
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: units[nth]!,
    unitDisplay: nth === 0 ? 'long' : 'short',
    maximumFractionDigits: nth === 2 && value < 10 ? 1 : 0,
  }).format(value)
}
