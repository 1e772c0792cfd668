import { Migration } from '@mikro-orm/migrations'

const statements = [
  `create table "audit_log" (
        "id" text not null,
        "tenant_id" text not null,
        "at" datetime not null,
        "actor_kind" text not null,
        "actor_id" text null,
        "action" text not null,
        "target" text null,
        "result" text not null,
        "detail" json null,
        "ip" text null,
        "request_id" text null,
        primary key ("id")
      )`,
  `create index "audit_log_tenant_index" on "audit_log" ("tenant_id", "id")`,
  `create trigger "audit_log_no_update" before update on "audit_log"
     begin select raise(abort, 'audit_log is append-only'); end`,
  // With the tenant gone its rows may go: that it was erased is told by a row of the server itself.
  `create trigger "audit_log_no_delete" before delete on "audit_log"
     when old."tenant_id" = '-' or exists (select 1 from "tenants" where "id" = old."tenant_id")
     begin select raise(abort, 'audit_log is append-only'); end`,
  `alter table "tenants" add column "budget" json null`,
  `create table "config_versions" (
        "id" text not null,
        "tenant_id" text not null,
        "app_id" text not null,
        "number" integer not null,
        "config" json not null,
        "note" text null,
        "created_by" text not null,
        "created_at" datetime not null,
        primary key ("id"),
        constraint "config_versions_number_unique" unique ("app_id", "number"),
        foreign key ("tenant_id", "app_id") references "apps" ("tenant_id", "id")
      )`,
  `insert into "config_versions" ("id", "tenant_id", "app_id", "number", "config", "created_by", "created_at")
     select 'cfg_' || substr("id", 5), "tenant_id", "id", 1, "config", 'operator', "created_at" from "apps"`,
  `create table "activations" (
        "app_id" text not null,
        "number" integer not null,
        "tenant_id" text not null,
        "config" integer not null,
        "trial_config" integer null,
        "trial_percent" integer null,
        "before" integer null,
        "created_at" datetime not null,
        primary key ("app_id", "number"),
        foreign key ("tenant_id", "app_id") references "apps" ("tenant_id", "id"),
        foreign key ("app_id", "config") references "config_versions" ("app_id", "number"),
        foreign key ("app_id", "trial_config") references "config_versions" ("app_id", "number")
      )`,
  `insert into "activations" ("app_id", "number", "tenant_id", "config", "created_at")
     select "id", 1, "tenant_id", 1, "created_at" from "apps"`,
  `alter table "apps" drop column "config"`,
  `alter table "apps" add column "version" integer not null default 1`,
  `alter table "keys" add column "created_by" text not null default 'operator'`,
  `alter table "keys" add column "rotated_to" text null`,
  `alter table "sessions" add column "key_id" text null`,
  `alter table "sessions" add column "env" text not null default 'live'`,
  `create index "sessions_key_index" on "sessions" ("key_id") where "key_id" is not null`,
  `alter table "turns" add column "config" integer null`,
  `create table "idempotency_keys" (
        "tenant_id" text not null,
        "key_hash" text not null,
        "request_hash" text not null,
        "reply" blob not null,
        "created_at" datetime not null,
        primary key ("tenant_id", "key_hash")
      )`,
  `create index "idempotency_keys_created_at_index" on "idempotency_keys" ("created_at")`,
]

/** The audit log, configurations that are versions, keys that are rotated, creations that are made once. */
export class Access extends Migration {
  override up(): void {
    for (const statement of statements) this.addSql(statement)
  }
}
