import { Migration } from '@mikro-orm/migrations'

/** What visitors think: of an answer, and of a conversation. */
export class Feedback extends Migration {
  override up(): void {
    this.addSql(`alter table "messages" add column "feedback" jsonb null`)
    this.addSql(`alter table "conversations" add column "rating" jsonb null`)
  }
}
