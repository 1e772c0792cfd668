import { Migration } from '@mikro-orm/migrations'

/** What a visitor says of themselves, what an answer offers, and how far each side of a conversation has read. */
export class Course extends Migration {
  override up(): void {
    this.addSql(`alter table "visitors" add column "details" jsonb null`)
    this.addSql(`alter table "messages" add column "offers" jsonb null`)
    this.addSql(`alter table "conversations" add column "read_seq" integer not null default 0`)
    this.addSql(`alter table "conversations" add column "seen_seq" integer not null default 0`)
    this.addSql(`alter table "conversations" add column "unread" integer not null default 0`)
    // Nobody knows what of the older ones was read: nothing in them is news.
    this.addSql(`update "conversations" set "read_seq" = "last_seq"`)
  }
}
