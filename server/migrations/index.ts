/** The migrations of each store, in order. Forward only: a released one is never changed. */
import { Spine as PostgresSpine } from './postgres/0001-spine.ts'
import { Knowledge as PostgresKnowledge } from './postgres/0002-knowledge.ts'
import { Drafts as PostgresDrafts } from './postgres/0003-drafts.ts'
import { Access as PostgresAccess } from './postgres/0004-access.ts'
import { Identity as PostgresIdentity } from './postgres/0005-identity.ts'
import { Usage as PostgresUsage } from './postgres/0006-usage.ts'
import { Privacy as PostgresPrivacy } from './postgres/0007-privacy.ts'
import { Agents as PostgresAgents } from './postgres/0008-agents.ts'
import { Merges as PostgresMerges } from './postgres/0009-merges.ts'
import { Feedback as PostgresFeedback } from './postgres/0010-feedback.ts'
import { WidgetVersions as PostgresWidgetVersions } from './postgres/0011-widget-versions.ts'
import { Files as PostgresFiles } from './postgres/0012-files.ts'
import { Course as PostgresCourse } from './postgres/0013-course.ts'
import { Page as PostgresPage } from './postgres/0014-page.ts'
import { Spine as SqliteSpine } from './sqlite/0001-spine.ts'
import { Knowledge as SqliteKnowledge } from './sqlite/0002-knowledge.ts'
import { Drafts as SqliteDrafts } from './sqlite/0003-drafts.ts'
import { Access as SqliteAccess } from './sqlite/0004-access.ts'
import { Identity as SqliteIdentity } from './sqlite/0005-identity.ts'
import { Usage as SqliteUsage } from './sqlite/0006-usage.ts'
import { Privacy as SqlitePrivacy } from './sqlite/0007-privacy.ts'
import { Agents as SqliteAgents } from './sqlite/0008-agents.ts'
import { Merges as SqliteMerges } from './sqlite/0009-merges.ts'
import { Feedback as SqliteFeedback } from './sqlite/0010-feedback.ts'
import { WidgetVersions as SqliteWidgetVersions } from './sqlite/0011-widget-versions.ts'
import { Files as SqliteFiles } from './sqlite/0012-files.ts'
import { Course as SqliteCourse } from './sqlite/0013-course.ts'
import { Page as SqlitePage } from './sqlite/0014-page.ts'

export const migrations = {
  sqlite: [
    { name: '0001-spine', class: SqliteSpine },
    { name: '0002-knowledge', class: SqliteKnowledge },
    { name: '0003-drafts', class: SqliteDrafts },
    { name: '0004-access', class: SqliteAccess },
    { name: '0005-identity', class: SqliteIdentity },
    { name: '0006-usage', class: SqliteUsage },
    { name: '0007-privacy', class: SqlitePrivacy },
    { name: '0008-agents', class: SqliteAgents },
    { name: '0009-merges', class: SqliteMerges },
    { name: '0010-feedback', class: SqliteFeedback },
    { name: '0011-widget-versions', class: SqliteWidgetVersions },
    { name: '0012-files', class: SqliteFiles },
    { name: '0013-course', class: SqliteCourse },
    { name: '0014-page', class: SqlitePage },
  ],
  postgres: [
    { name: '0001-spine', class: PostgresSpine },
    { name: '0002-knowledge', class: PostgresKnowledge },
    { name: '0003-drafts', class: PostgresDrafts },
    { name: '0004-access', class: PostgresAccess },
    { name: '0005-identity', class: PostgresIdentity },
    { name: '0006-usage', class: PostgresUsage },
    { name: '0007-privacy', class: PostgresPrivacy },
    { name: '0008-agents', class: PostgresAgents },
    { name: '0009-merges', class: PostgresMerges },
    { name: '0010-feedback', class: PostgresFeedback },
    { name: '0011-widget-versions', class: PostgresWidgetVersions },
    { name: '0012-files', class: PostgresFiles },
    { name: '0013-course', class: PostgresCourse },
    { name: '0014-page', class: PostgresPage },
  ],
}
