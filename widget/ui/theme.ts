/** From one colour to a set that can be read: WCAG 2.2 contrast, whatever the owner chose. */

export const DEFAULT_PRIMARY = '#4353d9'

export interface Accents {
  /** The colour itself, for surfaces. */
  primary: string
  /** What is written on it. */
  onPrimary: string
  /** The colour as text and line on the panel, light enough or dark enough to be read there. */
  accent: string
}

type Rgb = [number, number, number]

const parse = (hex: string): Rgb => {
  const value = Number.parseInt(/^#[0-9a-f]{6}$/i.test(hex) ? hex.slice(1) : DEFAULT_PRIMARY.slice(1), 16)
  return [value >> 16, (value >> 8) & 255, value & 255]
}

const print = (rgb: Rgb): string => `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`

/** Relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as Rgb
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

export function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(parse(a)), luminance(parse(b))].sort((x, y) => y - x) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

const mix = (from: Rgb, to: Rgb, share: number): Rgb =>
  from.map((part, nth) => part + ((to[nth] ?? 0) - part) * share) as Rgb

/** The panel's surfaces, as the style sheet has them: the accent must be readable on the less contrasting one of each. */
const surface = { light: '#f4f5f7', dark: '#24262d' } as const

/** `least`: how much the accent stands out from the panel, as WCAG counts it. */
export function accents(primary: string, scheme: 'light' | 'dark', least = 4.6): Accents {
  const rgb = parse(primary)
  const ground = surface[scheme]
  const away: Rgb = scheme === 'light' ? [0, 0, 0] : [255, 255, 255]
  let accent = rgb
  for (let share = 0; share <= 1 && contrast(print(accent), ground) < least; share += 0.04)
    accent = mix(rgb, away, share)
  const color = print(rgb)
  // One of the two always reaches 4.5.
  return { primary: color, onPrimary: contrast(color, '#ffffff') >= 4.5 ? '#ffffff' : '#000000', accent: print(accent) }
}
