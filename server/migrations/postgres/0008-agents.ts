import { Migration } from '@mikro-orm/migrations'

const statements = [
  `create table "agents" (
        "id" text not null,
        "tenant_id" text not null,
        "email" text not null,
        "name" text not null,
        "role" text not null,
        "password_hash" text null,
        "token_version" int not null default 1,
        "invite_hash" text null,
        "invite_expires_at" timestamptz null,
        "created_by" text not null,
        "created_at" timestamptz not null,
        "disabled_at" timestamptz null,
        "last_login_at" timestamptz null,
        primary key ("id"),
        constraint "agents_email_unique" unique ("tenant_id", "email"),
        unique ("tenant_id", "id"),
        foreign key ("tenant_id") references "tenants" ("id")
      )`,
  `create index "agents_email_index" on "agents" ("email")`,
  `create index "agents_invite_hash_index" on "agents" ("invite_hash") where "invite_hash" is not null`,
  `create table "agent_sessions" (
        "id" text not null,
        "tenant_id" text not null,
        "agent_id" text not null,
        "created_at" timestamptz not null,
        "expires_at" timestamptz not null,
        primary key ("id"),
        unique ("tenant_id", "id"),
        foreign key ("tenant_id", "agent_id") references "agents" ("tenant_id", "id")
      )`,
  `create index "agent_sessions_agent_index" on "agent_sessions" ("agent_id")`,
  `create table "agent_refresh_tokens" (
        "hash" text not null,
        "tenant_id" text not null,
        "session_id" text not null,
        "created_at" timestamptz not null,
        "expires_at" timestamptz not null,
        "rotated_at" timestamptz null,
        primary key ("hash"),
        foreign key ("tenant_id", "session_id") references "agent_sessions" ("tenant_id", "id")
      )`,
  `create index "agent_refresh_tokens_session_index" on "agent_refresh_tokens" ("session_id")`,
]

/** The people of a tenant, and their sign-ins. */
export class Agents extends Migration {
  override up(): void {
    for (const statement of statements) this.addSql(statement)
  }
}
