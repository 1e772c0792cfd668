/** Gives a file to the visitor. A frame with a sandbox may not save: there it opens in a tab, as text, to be saved from. */
import { onScopeDispose, shallowRef } from 'vue'

export interface SavedFile {
  readonly url: string
  readonly name: string
  readonly isShown: boolean
}

const today = () => new Date().toISOString().slice(0, 10)

export function useSaving(isFramed: boolean) {
  const file = shallowRef<SavedFile>()
  const forget = () => {
    if (file.value) URL.revokeObjectURL(file.value.url)
    file.value = undefined
  }
  onScopeDispose(forget)

  return {
    /** The last one, for as long as the view is there: a browser may refuse to open what was not clicked at that moment. */
    file,
    forget,
    save(content: Blob, name: string, extension: string): void {
      forget()
      const blob = isFramed ? new Blob([content], { type: 'text/plain;charset=utf-8' }) : content
      const url = URL.createObjectURL(blob)
      file.value = { url, name: `${name}-${today()}.${extension}`, isShown: isFramed }
      const link = document.createElement('a')
      link.href = url
      if (isFramed) Object.assign(link, { target: '_blank', rel: 'noopener' })
      else link.download = file.value.name
      link.click()
    },
  }
}
