/** A chat as a visitor sees and uses it, the same for every way of embedding. */
import type { FrameLocator, Locator, Page } from 'playwright-core'

/** Where things are: in the iframe of the tag, or behind shadow roots that locators see through. */
type Place = FrameLocator | Locator

export interface Chat {
  readonly panel: Locator
  readonly input: Locator
  readonly launcher: Locator
  readonly answers: Locator
  /** Opens it by its launcher. */
  open(): Promise<void>
  /** Writes and sends; does not wait for an answer. */
  ask(text: string): Promise<void>
  /** Resolves when as many answers as asked for are complete, with the text of the last. */
  answered(count?: number): Promise<string>
  /** The text of the last answer as it stands now. */
  text(): Promise<string>
  button(name: string | RegExp): Locator
}

function inside(place: Place, launcher: Locator): Chat {
  const panel = place.locator('.panel')
  const answers = place.locator('article.answer')
  const input = place.locator('textarea')
  const text = async () => ((await answers.count()) === 0 ? '' : readText(answers.last()))
  return {
    panel,
    input,
    launcher,
    answers,
    text,
    button: (name) => panel.getByRole('button', { name }),
    async open() {
      await launcher.click()
      await input.waitFor()
    },
    async ask(question) {
      await input.fill(question)
      await input.press('Enter')
    },
    async answered(count = 1) {
      await answers
        .nth(count - 1)
        .locator('.actions')
        .waitFor({ timeout: 40_000 })
      return text()
    },
  }
}

/** The words of an answer, without the marks of its citations. */
const readText = (answer: Locator): Promise<string> =>
  answer
    .locator('.md')
    .first()
    .evaluate((element) => element.textContent ?? '')
    .catch(() => '')

/** By the script tag: a bubble on the page, the panel in an iframe. `name` is what the bubble is called. */
export function chatOfTag(page: Page, name = 'Chat'): Chat {
  const launcher = page.getByRole('button', { name: new RegExp(`^${name}`) })
  return inside(page.frameLocator(`iframe[title="${name}"]`), launcher)
}

/** As an element or a federated remote, within `selector`. */
export function chatOnPage(page: Page, selector = 'body'): Chat {
  const place = page.locator(selector)
  return inside(place, place.locator('.launcher'))
}
