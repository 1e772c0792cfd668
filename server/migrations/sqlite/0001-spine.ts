import { Migration } from '@mikro-orm/migrations'

const statements = [
  `create table "store_facts" (
        "name" text not null,
        "value" text not null,
        primary key ("name")
      )`,
  `create table "processes" (
        "id" text not null,
        "lease_until" datetime not null,
        primary key ("id")
      )`,
  `create table "tenants" (
        "id" text not null,
        "name" text not null,
        "created_at" datetime not null,
        primary key ("id")
      )`,
  `create table "apps" (
        "id" text not null,
        "tenant_id" text not null,
        "name" text not null,
        "config" json not null,
        "created_at" datetime not null,
        primary key ("id"),
        unique ("tenant_id", "id"),
        foreign key ("tenant_id") references "tenants" ("id")
      )`,
  `create table "app_origins" (
        "app_id" text not null,
        "origin" text not null,
        "tenant_id" text not null,
        primary key ("app_id", "origin"),
        foreign key ("tenant_id", "app_id") references "apps" ("tenant_id", "id")
      )`,
  `create index "app_origins_origin_index" on "app_origins" ("origin")`,
  `create table "keys" (
        "id" text not null,
        "tenant_id" text not null,
        "app_id" text null,
        "kind" text not null,
        "env" text not null,
        "name" text not null,
        "scopes" json not null,
        "kid" text not null,
        "hash" text not null,
        "hint" text not null,
        "created_at" datetime not null,
        "expires_at" datetime null,
        "revoked_at" datetime null,
        "last_used_at" datetime null,
        primary key ("id"),
        foreign key ("tenant_id") references "tenants" ("id"),
        foreign key ("tenant_id", "app_id") references "apps" ("tenant_id", "id"),
        constraint "keys_kid_unique" unique ("kid")
      )`,
  `create table "visitors" (
        "id" text not null,
        "tenant_id" text not null,
        "app_id" text not null,
        "created_at" datetime not null,
        primary key ("id"),
        unique ("tenant_id", "id"),
        foreign key ("tenant_id", "app_id") references "apps" ("tenant_id", "id")
      )`,
  `create table "sessions" (
        "id" text not null,
        "tenant_id" text not null,
        "app_id" text not null,
        "visitor_id" text not null,
        "token_hash" text not null,
        "via" text not null,
        "created_at" datetime not null,
        "seen_at" datetime not null,
        "expires_at" datetime not null,
        "ended_at" datetime null,
        primary key ("id"),
        foreign key ("tenant_id", "app_id") references "apps" ("tenant_id", "id"),
        foreign key ("tenant_id", "visitor_id") references "visitors" ("tenant_id", "id"),
        constraint "sessions_token_hash_unique" unique ("token_hash")
      )`,
  `create table "stream_heads" (
        "visitor_id" text not null,
        "tenant_id" text not null,
        "seq" integer not null,
        primary key ("visitor_id"),
        foreign key ("tenant_id", "visitor_id") references "visitors" ("tenant_id", "id")
      )`,
  `create table "stream_events" (
        "visitor_id" text not null,
        "seq" integer not null,
        "tenant_id" text not null,
        "name" text not null,
        "payload" text not null,
        "created_at" datetime not null,
        primary key ("visitor_id", "seq")
      )`,
  `create index "stream_events_created_at_index" on "stream_events" ("created_at")`,
  `create table "conversations" (
        "id" text not null,
        "tenant_id" text not null,
        "app_id" text not null,
        "visitor_id" text not null,
        "client_id" text null,
        "title" text not null,
        "status" text not null,
        "handled_by" text not null,
        "epoch" integer not null,
        "last_seq" integer not null,
        "preview" json null,
        "created_at" datetime not null,
        "updated_at" datetime not null,
        primary key ("id"),
        unique ("tenant_id", "id"),
        foreign key ("tenant_id", "app_id") references "apps" ("tenant_id", "id"),
        foreign key ("tenant_id", "visitor_id") references "visitors" ("tenant_id", "id"),
        constraint "conversations_client_unique" unique ("visitor_id", "client_id")
      )`,
  `create index "conversations_visitor_index" on "conversations" ("visitor_id", "updated_at")`,
  `create table "messages" (
        "id" text not null,
        "tenant_id" text not null,
        "conversation_id" text not null,
        "seq" integer not null,
        "author" text not null,
        "status" text not null,
        "text" text not null,
        "client_id" text null,
        "reply_to" text null,
        "attempt" integer null,
        "citations" json not null,
        "finish_reason" text null,
        "usage" json null,
        "error_code" text null,
        "created_at" datetime not null,
        primary key ("id"),
        unique ("tenant_id", "id"),
        foreign key ("tenant_id", "conversation_id") references "conversations" ("tenant_id", "id"),
        constraint "messages_seq_unique" unique ("conversation_id", "seq"),
        constraint "messages_client_unique" unique ("conversation_id", "author", "client_id")
      )`,
  `create table "turns" (
        "id" text not null,
        "tenant_id" text not null,
        "app_id" text not null,
        "visitor_id" text not null,
        "conversation_id" text not null,
        "message_id" text not null,
        "answer_id" text null,
        "client_id" text null,
        "status" text not null,
        "attempt" integer not null,
        "epoch" integer not null,
        "owner" text null,
        "model" text null,
        "error_code" text null,
        "created_at" datetime not null,
        "started_at" datetime null,
        "ended_at" datetime null,
        primary key ("id"),
        foreign key ("tenant_id", "conversation_id") references "conversations" ("tenant_id", "id"),
        foreign key ("tenant_id", "message_id") references "messages" ("tenant_id", "id"),
        constraint "turns_client_unique" unique ("conversation_id", "client_id")
      )`,
  `create index "turns_conversation_index" on "turns" ("conversation_id", "status")`,
  `create index "turns_status_index" on "turns" ("status", "id") where status in ('queued', 'running')`,
  `create table "grounds" (
        "message_id" text not null,
        "tenant_id" text not null,
        "passages" json not null,
        primary key ("message_id"),
        foreign key ("tenant_id", "message_id") references "messages" ("tenant_id", "id")
      )`,
]

/** Tenancy, keys, visitors, streams, conversations. */
export class Spine extends Migration {
  override up(): void {
    for (const statement of statements) this.addSql(statement)
  }
}
