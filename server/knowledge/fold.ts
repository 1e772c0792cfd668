/**
 * Makes words comparable: NFKC, lower case, no accents. What is an accent depends on the script: the vowel signs of Devanagari
 * and Thai are combining marks too, but they are letters of the word, so only the blocks named here are dropped.
 */

// Combining marks of Latin, Greek and Cyrillic; Hebrew points; Arabic harakat, hamza above and below, tatweel; Devanagari
// nukta; and the characters nobody sees: soft hyphen, joiners, direction marks, variation selectors, byte order mark.
const dropped =
  /[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u093c\u00ad\u200c-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]/g

// Letters that a decomposition leaves alone although writers swap them freely.
const swapped: Record<string, string> = {
  ı: 'i',
  ß: 'ss',
  đ: 'd',
  ð: 'd',
  ø: 'o',
  ł: 'l',
  ħ: 'h',
  ŧ: 't',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
  ς: 'σ',
  ى: 'ي',
  ی: 'ي',
  ک: 'ك',
  ة: 'ه',
  ہ: 'ه',
  '\u0901': '\u0902',
}
const swappable = new RegExp(`[${Object.keys(swapped).join('')}]`, 'g')

// Decimal digits of Arabic, Persian, Devanagari, Bengali and Thai; their blocks begin at the zero.
const digits = /[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef\u0e50-\u0e59]/g
const zeros = [0x0660, 0x06f0, 0x0966, 0x09e6, 0x0e50]

function toAsciiDigit(digit: string): string {
  const code = digit.charCodeAt(0)
  const zero = zeros.findLast((candidate) => candidate <= code) ?? code
  return String(code - zero)
}

// ASCII needs nothing but lower case, and most text here is ASCII.
const ascii = /^[\u0000-\u007f]*$/

/** Idempotent. The length may change, so offsets into the result are not offsets into `text`. */
export function fold(text: string): string {
  if (ascii.test(text)) return text.toLowerCase()
  return text
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFD')
    .replace(dropped, '')
    .replace(swappable, (letter) => swapped[letter]!)
    .replace(digits, toAsciiDigit)
    .normalize('NFC')
}
