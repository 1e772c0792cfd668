import { describe, expect, it } from 'vitest'
import { fileName } from './file-name.ts'
import { fileTypeOf } from './file-type.ts'

const of = (...parts: (string | number[])[]) =>
  fileTypeOf(Buffer.concat(parts.map((it) => (typeof it === 'string' ? Buffer.from(it) : Buffer.from(it)))))

describe('what a file is', () => {
  it('is told by its first bytes', () => {
    expect(of([0x89], 'PNG\r\n\x1a\n', [0, 0])).toBe('image/png')
    expect(of([0xff, 0xd8, 0xff, 0xe0], 'JFIF')).toBe('image/jpeg')
    expect(of('GIF89a', [1, 0, 1, 0])).toBe('image/gif')
    expect(of('RIFF', [9, 0, 0, 0], 'WEBPVP8 ')).toBe('image/webp')
    expect(of('%PDF-1.7\n', [0xe2, 0xe3, 0xcf])).toBe('application/pdf')
    expect(of('\ufeffName;Größe\n🦦;1\n')).toBe('text/plain')
    expect(of('Is 3 < 4? <b>Yes</b>, and a <script> later on is text as well.')).toBe('text/plain')
    expect(of('<3 otters')).toBe('text/plain')
  })

  it.for([
    ['<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
    ['\ufeff \n<?xml version="1.0"?><svg/>'],
    ['<!-- --><svg/>'],
    ['  <!DOCTYPE html><p>Hello'],
    ['<HTML>'],
    ['<a href="javascript:alert(1)">x</a>'],
    ['<script>alert(1)</script>'],
    ['PK\x03\x04'],
    ['MZ\x90\0'],
    ['\x7fELF'],
    ['a\0b'],
    ['\x1b[31mred'],
    ['RIFF\0\0\0\0AVI '],
    ['GIF88a\x01\0'],
  ])('is none of ours where it is %j', ([text]) => {
    expect(fileTypeOf(Buffer.from(text!, 'latin1'))).toBeUndefined()
    if (text!.startsWith('\ufeff')) expect(of(text!)).toBeUndefined()
  })

  it('is no text in another encoding', () => {
    expect(of([0xff, 0xfe, 0x61, 0])).toBeUndefined()
    expect(of('Gr', [0xfc], 'n')).toBeUndefined()
  })
})

describe('what a file is called', () => {
  it.for([
    ['otter.png', 'image/png', 'otter.png'],
    ['Otter.JPEG', 'image/jpeg', 'Otter.JPEG'],
    ['../../etc/passwd', 'text/plain', 'passwd.txt'],
    ['C:\\Users\\anna\\Größe 1.csv', 'text/plain', 'Größe 1.csv'],
    // What it is decides, not what it says.
    ['otter.svg', 'image/png', 'otter.svg.png'],
    ['run.bat', 'text/plain', 'run.bat.txt'],
    ['page.html', 'text/plain', 'page.html.txt'],
    ['gnp.\u202Etxt.exe', 'text/plain', 'gnp.txt.exe.txt'],
    ['a\r\nb\tc.txt', 'text/plain', 'abc.txt'],
    ['.htaccess', 'text/plain', 'htaccess.txt'],
    ['...', 'application/pdf', 'file.pdf'],
    ['   ', 'image/gif', 'file.gif'],
    ['a"b<c>.pdf', 'application/pdf', 'a_b_c_.pdf'],
    ['half \ud800.txt', 'text/plain', 'half \ufffd.txt'],
  ] as const)('%j as %s: %j', ([given, type, name]) => {
    expect(fileName(given, type)).toBe(name)
  })

  it('has 200 characters at most, its ending among them, and none of them cut in two', () => {
    const name = fileName(`${'🦦'.repeat(300)}.pdf`, 'application/pdf')
    expect(name).toBe(`${'🦦'.repeat(98)}.pdf`)
    expect(name.length).toBe(200)
  })
})
