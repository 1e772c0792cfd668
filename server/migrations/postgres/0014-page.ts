import { Migration } from '@mikro-orm/migrations'

/** What the page gives to a question, and what an answer wants of it. */
export class Page extends Migration {
  override up(): void {
    this.addSql(`alter table "messages" add column "context" jsonb null`)
    this.addSql(`alter table "messages" add column "tools" jsonb null`)
    this.addSql(`alter table "messages" add column "tool_calls" jsonb null`)
    this.addSql(`alter table "turns" add column "round" integer not null default 0`)
  }
}
