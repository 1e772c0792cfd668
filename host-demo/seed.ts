/** Puts a demo tenant on a server, through the admin API like any owner would. Again with the same documents, it changes nothing. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  addSource,
  type App,
  type AppConfig,
  type Client,
  createApp,
  createTenant,
  listAll,
  listApps,
  listSources,
  listTenants,
  removeSource,
} from '@aside/protocol'

export interface Document {
  /** What it is called among the sources, e.g. `docs/embed.md`. */
  name: string
  text: string
}

export interface Seeded {
  app: App
  secondApp: App
}

const root = join(import.meta.dirname, '..')

/** Aside's own documentation, and the shop's page in Arabic: what the demo's assistant answers from. */
export const documentation = (): Document[] =>
  globSync(['README.md', 'docs/**/*.md', 'host-demo/documents/*.md'], { cwd: root })
    // What is written from the sources is for looking things up: quoted in a chat, its tables would be no answer.
    .filter((name) => !/[\\/](api|cli)\.md$/.test(name))
    .sort()
    .map((name) => ({ name: name.replaceAll('\\', '/'), text: readFileSync(join(root, name), 'utf8') }))

/** The shop's page in Arabic has a chat in Arabic, and `shop-ar.md` to answer from. */
const guideInArabic: NonNullable<AppConfig['wordsByLocale']>[string] = {
  title: 'اسأل عن المصابيح',
  greeting: 'مرحبًا! أجيب عن أسئلتك حول مصابيحنا والعناية بها وتوصيلها، وأريك من أين جاءت كل إجابة.',
  placeholder: 'اكتب سؤالك …',
  suggestedQuestions: ['ما طريقة العناية بالمصباح؟', 'كم تستغرق صناعة المصباح؟', 'هل يمكنني إرجاع المصباح؟'],
}

const guide: AppConfig = {
  theme: { primary: '#24493c', scheme: 'auto', position: 'right' },
  features: { uploads: true },
  words: {
    title: 'Ask about Aside',
    greeting:
      'Hello! I answer questions about Aside from its documentation, and show you where each answer comes from.',
    placeholder: 'Ask about Aside …',
  },
  suggestedQuestions: [
    'How do I put the chat on a page?',
    'What happens to an answer when the server dies?',
    'Can I use a Content-Security-Policy?',
  ],
  wordsByLocale: { ar: guideInArabic },
}

const integrationHelp: AppConfig = {
  theme: { primary: '#a4452f', scheme: 'auto', position: 'left' },
  features: { uploads: true },
  words: {
    title: 'Integration help',
    greeting: 'Questions about putting Aside on your page? I know the integration guide.',
    placeholder: 'Ask about embedding …',
  },
  suggestedQuestions: ['Which attributes does the script tag know?'],
}

/** The app of this name on these origins; a shop that moved to another port gets a new one. */
async function provideApp(
  operator: Client,
  tenantId: string,
  name: string,
  origins: string[],
  config: AppConfig,
): Promise<App> {
  const query = { tenantId }
  const apps = await listAll(operator, listApps, 'apps', { query })
  const found = apps.find((app) => app.name === name && origins.every((it) => app.allowedOrigins.includes(it)))
  return found ?? operator.call(createApp, { query, body: { name, allowedOrigins: origins, config } })
}

/** The app knows exactly these documents afterwards. Resolves with how many had to be read. */
export async function provideSources(operator: Client, app: App, documents: Document[]): Promise<number> {
  const query = { tenantId: app.tenantId, appId: app.id }
  let changed = 0
  for (const { name, text } of documents) {
    const input = { query: { ...query, name }, content: text, contentType: 'text/markdown' }
    const { outcome } = await operator.call(addSource, input)
    if (outcome !== 'unchanged') changed++
  }
  const sources = await listAll(operator, listSources, 'sources', { query })
  for (const { id, name } of sources)
    if (!documents.some((it) => it.name === name))
      await operator.call(removeSource, { params: { sourceId: id }, query: { tenantId: app.tenantId } })
  return changed
}

export interface SeedOptions {
  /** Default: Aside's own documentation. */
  documents?: Document[]
  /** Over the demo's own. */
  config?: AppConfig
}

/** `origins` are where the shop is. The second app knows the documents about embedding only. */
export async function seedDemo(
  operator: Client,
  origins: string[],
  { documents = documentation(), config = {} }: SeedOptions = {},
): Promise<Seeded> {
  const tenants = await listAll(operator, listTenants, 'tenants', {})
  const tenant =
    tenants.find(({ name }) => name === 'Larch & Lumen') ??
    (await operator.call(createTenant, { body: { name: 'Larch & Lumen' } }))
  const app = await provideApp(operator, tenant.id, 'Guide', origins, { ...guide, ...config })
  const secondApp = await provideApp(operator, tenant.id, 'Integration help', origins, {
    ...integrationHelp,
    ...config,
  })
  await provideSources(operator, app, documents)
  await provideSources(
    operator,
    secondApp,
    documents.filter(({ name }) => name.includes('embed')),
  )
  return { app, secondApp }
}
