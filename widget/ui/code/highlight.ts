/** Code → pieces, each of one colour. Fetched with the first block whose language is known. */
import bash from '@speed-highlight/core/languages/bash.js'
import c from '@speed-highlight/core/languages/c.js'
import css from '@speed-highlight/core/languages/css.js'
import diff from '@speed-highlight/core/languages/diff.js'
import docker from '@speed-highlight/core/languages/docker.js'
import go from '@speed-highlight/core/languages/go.js'
import html from '@speed-highlight/core/languages/html.js'
import http from '@speed-highlight/core/languages/http.js'
import ini from '@speed-highlight/core/languages/ini.js'
import java from '@speed-highlight/core/languages/java.js'
import js from '@speed-highlight/core/languages/js.js'
import jsdoc from '@speed-highlight/core/languages/jsdoc.js'
import json from '@speed-highlight/core/languages/json.js'
import lua from '@speed-highlight/core/languages/lua.js'
import make from '@speed-highlight/core/languages/make.js'
import md from '@speed-highlight/core/languages/md.js'
import py from '@speed-highlight/core/languages/py.js'
import regex from '@speed-highlight/core/languages/regex.js'
import rs from '@speed-highlight/core/languages/rs.js'
import sql from '@speed-highlight/core/languages/sql.js'
import todo from '@speed-highlight/core/languages/todo.js'
import toml from '@speed-highlight/core/languages/toml.js'
import ts from '@speed-highlight/core/languages/ts.js'
import xml from '@speed-highlight/core/languages/xml.js'
import yaml from '@speed-highlight/core/languages/yaml.js'
import { type ShjLanguageData, type ShjToken, tokenizeWith } from '@speed-highlight/core/tokenize'
import { curly, php, ruby } from './more-grammars.ts'
import type { Language } from './names.ts'

const grammars = {
  bash,
  c,
  css,
  curly,
  diff,
  docker,
  go,
  html,
  http,
  ini,
  java,
  js,
  json,
  lua,
  make,
  md,
  php,
  py,
  rb: ruby,
  rs,
  sql,
  toml,
  ts,
  xml,
  yaml,
} satisfies Record<Language, ShjLanguageData>

/** With those that only stand inside of others. */
const languages = { ...grammars, jsdoc, regex, todo }

/** What is coloured alike; each is a class of the style sheet's. Signs are as the rest is: they are seen for themselves. */
const kinds: Partial<Record<ShjToken, string>> = {
  kwd: 'keyword',
  str: 'string',
  num: 'value',
  bool: 'value',
  esc: 'value',
  func: 'name',
  class: 'name',
  type: 'name',
  var: 'name',
  cmnt: 'comment',
  section: 'section',
  insert: 'inserted',
  deleted: 'deleted',
}

export interface Piece {
  readonly text: string
  /** Nothing: as plain code. */
  readonly kind?: string | undefined
}

/** What no person wrote stays plain: the time a grammar takes grows with the square of what it finds no end of. */
const ENDLESS = /.{500}|\s{200}/

/** Their texts together are `text`. As few as can be: blanks have no colour of their own. */
export function highlight(text: string, language: Language): readonly Piece[] {
  if (ENDLESS.test(text)) return [{ text }]
  const pieces: { text: string; kind?: string | undefined }[] = []
  const add = (piece: string, token?: ShjToken) => {
    const last = pieces.at(-1)
    const kind = token && kinds[token]
    if (last && (last.kind === kind || piece.trim() === '')) last.text += piece
    else if (piece !== '') pieces.push({ text: piece, kind })
  }
  tokenizeWith(text, grammars[language], add, { languages })
  return pieces
}
