import { Migration } from '@mikro-orm/migrations'

const statements = [
  `create table "files" (
        "id" text not null,
        "tenant_id" text not null,
        "app_id" text not null,
        "visitor_id" text not null,
        "conversation_id" text null,
        "message_id" text null,
        "name" text not null,
        "type" text not null,
        "size_bytes" integer not null,
        "created_at" datetime not null,
        primary key ("id"),
        unique ("tenant_id", "id"),
        foreign key ("tenant_id", "app_id") references "apps" ("tenant_id", "id"),
        foreign key ("tenant_id", "visitor_id") references "visitors" ("tenant_id", "id"),
        foreign key ("tenant_id", "conversation_id") references "conversations" ("tenant_id", "id"),
        foreign key ("tenant_id", "message_id") references "messages" ("tenant_id", "id")
      )`,
  `create index "files_visitor_index" on "files" ("visitor_id", "created_at")`,
  `create index "files_app_index" on "files" ("app_id", "created_at")`,
  `create index "files_conversation_index" on "files" ("conversation_id")`,
  `create index "files_message_index" on "files" ("message_id")`,
  // What no message has taken: looked for every hour.
  `create index "files_unused_index" on "files" ("id") where "message_id" is null`,
  `create table "file_contents" (
        "file_id" text not null,
        "tenant_id" text not null,
        "bytes" blob not null,
        primary key ("file_id"),
        foreign key ("tenant_id", "file_id") references "files" ("tenant_id", "id")
      )`,
  `alter table "messages" add column "attachments" json null`,
]

/** What visitors send along with their messages. */
export class Files extends Migration {
  override up(): void {
    for (const statement of statements) this.addSql(statement)
  }
}
