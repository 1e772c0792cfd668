/** The widget's style sheets: into its shadow roots, and nowhere else. */
import Composer from './chrome/Composer.ce.vue'
import Header from './chrome/Header.ce.vue'
import Icon from './chrome/Icon.ce.vue'
import Launcher from './chrome/Launcher.ce.vue'
import Notices from './chrome/Notices.ce.vue'
import AnswerActions from './bubbles/AnswerActions.ce.vue'
import AnswerBubble from './bubbles/AnswerBubble.ce.vue'
import NoteBubble from './bubbles/NoteBubble.ce.vue'
import OutboxBubble from './bubbles/OutboxBubble.ce.vue'
import SourceList from './bubbles/SourceList.ce.vue'
import TypingBubble from './bubbles/TypingBubble.ce.vue'
import VisitorBubble from './bubbles/VisitorBubble.ce.vue'
import CodeBlock from './markdown/CodeBlock.ce.vue'
import Markdown from './markdown/Markdown.ce.vue'
import Panel from './Panel.ce.vue'
import Root from './Root.ce.vue'
import Conversations from './views/Conversations.ce.vue'
import PassageView from './views/PassageView.ce.vue'
import Skeleton from './views/Skeleton.ce.vue'
import Thread from './views/Thread.ce.vue'
import Welcome from './views/Welcome.ce.vue'

export const styled = {
  Root,
  Panel,
  Launcher,
  Header,
  Icon,
  Notices,
  Composer,
  Thread,
  Welcome,
  Skeleton,
  Conversations,
  PassageView,
  VisitorBubble,
  AnswerBubble,
  AnswerActions,
  SourceList,
  OutboxBubble,
  TypingBubble,
  NoteBubble,
  Markdown,
  CodeBlock,
}

export const widgetCss = (): string =>
  Object.values(styled)
    .flatMap((component) => ('styles' in component ? (component.styles as string[]) : []))
    .join('\n')

const sheets = new Map<string, CSSStyleSheet>()

/**
 * One sheet for all widgets of a page. Constructed, so that a page's `style-src` has no say in it; an element with `nonce`
 * where browsers cannot. Returns the way out.
 */
export function adoptStyles(root: ShadowRoot, css: string, nonce?: string): () => void {
  if ('adoptedStyleSheets' in root && 'replaceSync' in CSSStyleSheet.prototype) {
    const sheet = sheets.get(css) ?? new CSSStyleSheet()
    if (!sheets.has(css)) sheet.replaceSync(css)
    sheets.set(css, sheet)
    root.adoptedStyleSheets = [sheet]
    return () => void (root.adoptedStyleSheets = [])
  }
  const element = document.createElement('style')
  if (nonce) element.nonce = nonce
  element.textContent = css
  root.append(element)
  return () => element.remove()
}
