/** A text in the editor of whoever runs the command. What was typed is never lost by a mistake in it. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type * as v from 'valibot'
import { canAsk, choose } from './ask.ts'
import { Problem, usage } from './problems.ts'
import { parseYaml } from './read-yaml.ts'

/** Lets `use` have what was written. Where that is refused, by us or by the server, the text is kept, and it is said where. */
export async function editText<S extends v.GenericSchema>(
  text: string,
  schema: S,
  use: (value: v.InferOutput<S>) => Promise<void>,
): Promise<void> {
  const file = join(mkdtempSync(join(tmpdir(), 'aside-edit-')), 'config.yaml')
  writeFileSync(file, text, { mode: 0o600 })
  try {
    await use(await editUntilGood(file, schema))
  } catch (error) {
    const written = readFileSync(file, 'utf8')
    if (written !== text) process.stderr.write(`What you wrote is kept: ${file}\n`)
    else clean(file)
    throw error
  }
  clean(file)
}

const clean = (file: string) => rmSync(dirname(file), { recursive: true, force: true })

async function editUntilGood<S extends v.GenericSchema>(file: string, schema: S): Promise<v.InferOutput<S>> {
  for (;;) {
    openEditor(file)
    try {
      return parseYaml(readFileSync(file, 'utf8'), schema, basename(file))
    } catch (error) {
      if (!(error instanceof Problem) || !canAsk()) throw error
      process.stderr.write(`${error.message}\n`)
      if (/^n/i.test(await choose('Edit it again? [Y/n] '))) throw error
    }
  }
}

function openEditor(file: string): void {
  const { VISUAL, EDITOR } = process.env
  const editor = VISUAL || EDITOR || 'vi'
  // As git does it: the editor may come with options of its own, so a shell reads it; the file's name is no part of that.
  const { status, error } = spawnSync('/bin/sh', ['-c', `${editor} "$1"`, editor, file], { stdio: 'inherit' })
  if (error || status !== 0) throw usage(`the editor ${editor} failed`, 'choose another: EDITOR=nano aside config edit')
}
