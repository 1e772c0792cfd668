import { Migration } from '@mikro-orm/migrations'

const statements = [
  `create table "privacy_holds" (
        "id" text not null,
        "tenant_id" text not null,
        "visitor_id" text not null,
        "conversation_id" text null,
        "reason" text not null,
        "created_by" text not null,
        "created_at" datetime not null,
        primary key ("id"),
        foreign key ("tenant_id", "visitor_id") references "visitors" ("tenant_id", "id"),
        foreign key ("tenant_id", "conversation_id") references "conversations" ("tenant_id", "id")
      )`,
  `create index "privacy_holds_visitor_index" on "privacy_holds" ("visitor_id")`,
  `create index "privacy_holds_conversation_index" on "privacy_holds" ("conversation_id") where "conversation_id" is not null`,
  // What refers to a row that is erased is looked for: without these the whole table would be read for each.
  `create index "visitors_app_index" on "visitors" ("app_id", "id")`,
  `create index "sessions_visitor_index" on "sessions" ("visitor_id")`,
  `create index "turns_message_index" on "turns" ("message_id")`,
  `create index "conversations_app_index" on "conversations" ("app_id", "updated_at")`,
]

/** What may not be erased, and ways to find what is. */
export class Privacy extends Migration {
  override up(): void {
    for (const statement of statements) this.addSql(statement)
  }
}
