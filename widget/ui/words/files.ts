/** What the widget says of files. It comes with the part that shows them, in all languages: together they are smaller than one request. */
const en = {
  attach: 'Attach files',
  dropHere: 'Drop files here',
  attached: (name: string) => `${name} is attached`,
  removeFile: (name: string) => `Remove ${name}`,
  download: (name: string) => `Download ${name}`,
  fileTooLarge: (size: string) => `Larger than ${size}`,
  fileRefused: 'Images, PDF and text only',
  fileEmpty: 'This file is empty',
  tooManyFiles: (count: number) => `No more than ${count} files fit into a message.`,
}

export type FileWords = typeof en

const others: Record<string, FileWords> = {
  ar: {
    attach: 'إرفاق ملفات',
    dropHere: 'أفلت الملفات هنا',
    attached: (name) => `تم إرفاق ${name}`,
    removeFile: (name) => `إزالة ${name}`,
    download: (name) => `تنزيل ${name}`,
    fileTooLarge: (size) => `أكبر من ${size}`,
    fileRefused: 'الصور وملفات PDF والنصوص فقط',
    fileEmpty: 'هذا الملف فارغ',
    tooManyFiles: (count) => `لا تتسع الرسالة لأكثر من ${count} ملفات.`,
  },
  de: {
    attach: 'Dateien anhängen',
    dropHere: 'Dateien hier ablegen',
    attached: (name) => `${name} ist angehängt`,
    removeFile: (name) => `${name} entfernen`,
    download: (name) => `${name} herunterladen`,
    fileTooLarge: (size) => `Größer als ${size}`,
    fileRefused: 'Nur Bilder, PDF und Text',
    fileEmpty: 'Diese Datei ist leer',
    tooManyFiles: (count) => `In eine Nachricht passen höchstens ${count} Dateien.`,
  },
}

export const fileLocales = ['en', ...Object.keys(others)]

/** Of a BCP 47 locale; English for a language there are none of. */
export const fileWords = (locale: string): FileWords => others[locale.toLowerCase().split(/[-_]/)[0] ?? ''] ?? en
