import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { h, render } from 'vue'
import { highlight } from './highlight.ts'
import { type Language, languageOf, languages } from './names.ts'
import { Painted } from './painted.ts'

const inColour = (language: Language, code: string) =>
  highlight(code, language).flatMap(({ text, kind }) => (kind ? [`${kind} ${text.trim()}`] : []))

describe('the word of a fence', () => {
  it.for([
    ['ts', 'ts'],
    ['TypeScript', 'ts'],
    ['c#', 'curly'],
    ['c++', 'curly'],
    ['yml', 'yaml'],
    ['Dockerfile', 'docker'],
    ['text', undefined],
    ['constructor', undefined],
    ['__proto__', undefined],
    ['', undefined],
    [undefined, undefined],
  ] as const)('%s names %s', ([word, language]) => {
    expect(languageOf(word)).toBe(language)
  })
})

describe('code in its colours', () => {
  it.for<[Language, string, string[]]>([
    [
      'ts',
      "const n = load('a') // b",
      ['keyword const', 'value', 'name load', "string 'a'", 'comment // b'].filter((it) => it !== 'value'),
    ],
    ['py', 'def f(n=3):\n    # b', ['keyword def', 'name f', 'value 3', 'comment # b']],
    [
      'bash',
      'if [ -f a ]; then\n  npm ci # b',
      ['keyword if', 'keyword -f', 'keyword ; then', 'name npm', 'comment # b'],
    ],
    ['json', '{"a": 1, "b": "c"}', ['name "a"', 'value 1', 'name "b"', 'string "c"']],
    ['sql', "SELECT 1 FROM t -- 'b'", ['keyword SELECT', 'value 1', 'keyword FROM', "comment -- 'b'"]],
    ['diff', '-a\n+b\n', ['deleted -a', 'inserted +b']],
    ['html', '<p class="a">b</p>', ['name p class', 'string "a"', 'name p']],
    ['curly', 'fun f(a: Int) = "b" // c', ['keyword fun', 'name f', 'name Int', 'string "b"', 'comment // c']],
    ['php', '<?php echo $a; # b', ['keyword <?php echo', 'name $a', 'comment # b']],
    ['rb', 'def f = puts(:a) # b', ['keyword def', 'keyword puts', 'name :a', 'comment # b']],
  ])('tells what is what: %s', ([language, code, expected]) => {
    expect(inColour(language, code)).toEqual(expected)
  })

  it('is plain where a line has no end, as no person writes it', () => {
    expect(highlight(`const a = '${'b'.repeat(600)}'`, 'js')).toHaveLength(1)
    expect(highlight(`const a =${' '.repeat(300)}1`, 'js')).toHaveLength(1)
  })
})

const file = join(import.meta.dirname, '../../../protocol/fixtures/hostile-texts.json')
const texts = Object.entries<string>(JSON.parse(readFileSync(file, 'utf8')))

it.for(texts)('a hostile text is the same text in every language, in spans of our own classes: %s', ([, text]) => {
  for (const language of languages) {
    const pieces = highlight(text, language)
    const place = document.createElement('div')
    render(h(Painted, { pieces }), place)
    expect(place.textContent, language).toBe(text)
    for (const element of place.querySelectorAll('*')) {
      expect(element.localName).toBe('span')
      expect(element.getAttributeNames()).toEqual(['class'])
      expect(element.className).toMatch(/^code-(?:keyword|string|value|name|comment|section|inserted|deleted)$/)
    }
  }
})
