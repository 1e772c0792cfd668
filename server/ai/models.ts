/** Which model an app answers with: its own choice, where the provider is configured, else the sources themselves. */
import type { AppConfig } from '@aside/protocol'
import type { BudgetState } from '../limits/index.ts'
import { leaveMessage } from './leave-message.ts'
import type { Model } from './model.ts'

export interface Choice {
  model: Model
  name: string
  /** What to do instead where the sources hold nothing to quote: absent where the app quotes them anyway. */
  orElse?: Choice
}

export interface Models {
  /** Of an app whose budgets stand so: with one spent, the first of its `whenSpent` that can be done. */
  of(config: AppConfig, standing: () => Promise<BudgetState>): Promise<Choice>
}

export function createModels(parts: { local: Model; openai?: { model: Model; name: string } | undefined }): Models {
  const { openai } = parts
  const local: Choice = { model: parts.local, name: 'local' }
  // Whatever was configured, the last resort is a word, never silence.
  const message: Choice = { model: leaveMessage, name: 'message' }

  function instead({ budgets = {}, retrieval, passages }: AppConfig, { mayUseSmaller }: BudgetState): Choice {
    const { whenSpent = ['local', 'message'], smallerModel } = budgets
    for (const step of whenSpent) {
      if (step === 'message') return message
      if (step === 'local' && retrieval !== false && passages !== 0) return { ...local, orElse: message }
      if (step === 'smaller-model' && openai && smallerModel !== undefined && mayUseSmaller)
        return smallerModel === 'local' ? local : { model: openai.model, name: smallerModel }
    }
    return message
  }

  return {
    async of(config, standing) {
      if (config.model === 'local' || !openai) return local
      const budgets = await standing()
      if (budgets.state === 'spent') return instead(config, budgets)
      return { model: openai.model, name: config.model ?? openai.name }
    },
  }
}
