/** Which model an app answers with: its own choice, where the provider is configured, else the sources themselves. */
import type { LiveConfig } from '../tenancy/index.ts'
import type { Model } from './model.ts'

export interface Models {
  of(live: Pick<LiveConfig, 'config'>): { model: Model; name: string }
}

export function createModels(parts: { local: Model; openai?: { model: Model; name: string } | undefined }): Models {
  const { local, openai } = parts
  return {
    of({ config }) {
      if (config.model === 'local' || !openai) return { model: local, name: 'local' }
      return { model: openai.model, name: config.model ?? openai.name }
    },
  }
}
