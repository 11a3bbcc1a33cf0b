{{/*
What the Secret holds. Each of the templates `platform.<store>Secrets` completes `data` (keys to base64, as the Secret of the release
before has them). What was made stays, because stores know it; what is missing is made. A URL that the values give replaces the one
that is there, and so does the chart's own where it brings the store again.
*/}}

{{/* `data` of the Secret in the cluster, as YAML; empty where there is none, or no cluster. */}}
{{- define "platform.storedSecret" -}}
{{- $live := include "service-lib.live" (dict "root" . "version" "v1" "kind" "Secret" "name" .Values.global.secret) | fromYaml -}}
{{- with $live.data }}{{ toYaml . }}{{ end -}}
{{- end -}}

{{/* Sets a key of `data` unless it is there. */}}
{{- define "platform.keep" -}}
{{- if not (hasKey .data .key) }}{{ $_ := set .data .key (b64enc .text) }}{{ end -}}
{{- end -}}

{{- define "platform.set" -}}{{ $_ := set .data .key (b64enc .text) }}{{- end -}}

{{/* "true" when the URL under a key of `data` is of the `store` that this chart brings. */}}
{{- define "platform.isOwnUrl" -}}
{{- if contains (printf "@%s-%s:" .root.Release.Name .store) (include "platform.stored" .) -}}true{{- end -}}
{{- end -}}

{{/* The text of a key of `data`; empty when it is not there. */}}
{{- define "platform.stored" -}}{{ index .data .key | default "" | b64dec }}{{- end -}}

{{/* As libs/contracts/src/bus-users.ts names them; k8s/test compares both. */}}
{{- define "platform.busUsers" -}}auth topics chat signaling gateway sample-data importer{{- end -}}
{{- define "platform.natsUrlKey" -}}NATS_URL_{{ . | upper | replace "-" "_" }}{{- end -}}

{{/*
A URL for each user of the bus, and for the NATS of this chart their passwords. The URLs are where passwords are kept: what NATS reads is
made from them each time, so that it also has users that a new version adds.
*/}}
{{- define "platform.natsSecrets" -}}
{{- $given := . -}}
{{- $data := .data -}}
{{- $isFirst := include "platform.firstWithBusUsers" $data -}}
{{- $formerUser := include "platform.formerBusUser" $data -}}
{{- $passwords := "" -}}
{{- range $user := splitList " " (include "platform.busUsers" .) -}}
  {{- $it := dict "root" $given.root "data" $data "user" $user "store" "nats" "key" (include "platform.natsUrlKey" $user) -}}
  {{- if $given.root.Values.nats.enabled -}}
    {{- $text := printf "nats://%s:%s@%s-nats:4222" $user (randAlphaNum 32) $given.root.Release.Name -}}
    {{- if not (include "platform.isOwnUrl" $it) }}{{ include "platform.set" (merge $it (dict "text" $text)) }}{{ end -}}
    {{- $passwords = print $passwords (include "platform.natsPassword" $it) -}}
  {{- else -}}
    {{- $text := include "platform.externalNatsUrl" $it -}}
    {{- if $text }}{{ include "platform.set" (merge $it (dict "text" $text)) }}{{ else }}{{ $_ := unset $data $it.key }}{{ end -}}
  {{- end -}}
{{- end -}}
{{- if $formerUser -}}
  {{- $passwords = print $passwords (include "platform.natsPassword" (dict "data" $data "user" "parley" "key" "NATS_URL")) -}}
{{- end -}}
{{- if not $isFirst -}}
  {{- $_ := unset $data "NATS_URL" -}}
  {{- $_ := unset $data "nats-authorization.conf" -}}
{{- end -}}
{{- if $passwords }}{{ $_ := set $data "nats-passwords.conf" (b64enc $passwords) }}{{ end -}}
{{- if and .root.Values.nats.enabled (gt (int .root.Values.nats.replicas) 1) -}}
  {{- include "platform.keep" (dict "data" $data "key" "nats-routes-password" "text" (randAlphaNum 32)) -}}
  {{- $password := include "platform.stored" (dict "data" $data "key" "nats-routes-password") -}}
  {{- $_ := set $data "nats-routes.conf" (include "platform.natsRoutes" (dict "root" .root "password" $password) | b64enc) -}}
{{- end -}}
{{- end -}}

{{/* Who the servers of a cluster are to each other. A server connects to itself too, and notices. */}}
{{- define "platform.natsRoutes" -}}
{{- $name := printf "%s-nats" .root.Release.Name -}}
authorization { user: route, password: {{ .password | quote }}, timeout: 5 }
routes: [
{{- range $at := until (int .root.Values.nats.replicas) }}
  "nats://route:{{ $.password }}@{{ $name }}-{{ $at }}.{{ $name }}-peers:6222"
{{- end }}
]
{{ end -}}

{{/*
Of a NATS that the chart does not bring: the URL of this user that the values give, else the one for all, else what the Secret has of such a
NATS. Empty when no service needs it.
*/}}
{{- define "platform.externalNatsUrl" -}}
{{- $nats := .root.Values.global.stores.nats -}}
{{- $external := .root.Values.external -}}
{{- $urls := merge (dict) ($nats.urls | default dict) ($external.natsUrls | default dict) -}}
{{- $former := dict "root" .root "data" .data "store" "nats" "key" "NATS_URL" -}}
{{- $stored := coalesce (include "platform.storedExternal" .) (include "platform.storedExternal" $former) -}}
{{- $url := coalesce (index $urls .user) $nats.url $external.natsUrl $stored -}}
{{- $isOptional := or (eq .user "importer") (and (eq .user "sample-data") (not .root.Values.gateway.sampleData)) -}}
{{- if not (or $url $isOptional) -}}
{{- fail (printf "global.stores.nats.urls.%s is required with nats.enabled=false, or global.stores.nats.url for all: where NATS is, for example nats://%s:password@nats.example.org:4222" .user .user) -}}
{{- end -}}
{{ $url | default "" }}
{{- end -}}

{{/* A stored URL, unless it is of the store that this chart brought before. */}}
{{- define "platform.storedExternal" -}}
{{- if not (include "platform.isOwnUrl" .) }}{{ include "platform.stored" . }}{{ end -}}
{{- end -}}

{{/* A line of nats-passwords.conf, with the password of the URL under `key`. */}}
{{- define "platform.natsPassword" -}}
{{- $url := urlParse (include "platform.stored" .) -}}
{{ .user | replace "-" "_" }}_password: {{ splitList ":" $url.userinfo | last | quote }}
{{ end -}}

{{/*
"true" in the first upgrade from a release with one user of the bus for all. Keys of that release stay until the next one, for pods of
the version before that start again meanwhile. Takes the data of the stored Secret.
*/}}
{{- define "platform.firstWithBusUsers" -}}
{{- if and (hasKey . "NATS_URL") (not (hasKey . "NATS_URL_AUTH")) -}}true{{- end -}}
{{- end -}}

{{/*
"true" when the NATS of this chart also has the user of the release before, who may do everything: those pods are connected as that user
until they are replaced. The next upgrade removes it.
*/}}
{{- define "platform.formerBusUser" -}}
{{- if and (include "platform.firstWithBusUsers" .) (hasKey . "nats-authorization.conf") -}}true{{- end -}}
{{- end -}}

{{/* Who connects to PostgreSQL, with `admin` first: of the PostgreSQL of this chart its superuser; libs/postgres/src/roles.postgres.ts names the others. */}}
{{- define "platform.databaseRoles" -}}admin owner auth topics chat signaling{{- end -}}

{{/* A URL for each role. What migrates gives the roles their passwords, so the URLs are the only place where these are. */}}
{{- define "platform.postgresSecrets" -}}
{{- $given := . -}}
{{- $data := .data -}}
{{- $isFirst := include "platform.firstWithDatabaseRoles" $data -}}
{{- if .root.Values.postgres.enabled }}{{ include "platform.keep" (dict "data" $data "key" "POSTGRES_PASSWORD" "text" (randAlphaNum 32)) }}{{ end -}}
{{- range $role := splitList " " (include "platform.databaseRoles" .) -}}
  {{- $it := dict "root" $given.root "data" $data "role" $role "store" "postgres" "key" (printf "DATABASE_URL_%s" (upper $role)) -}}
  {{- if $given.root.Values.postgres.enabled -}}
    {{- if not (include "platform.isOwnUrl" $it) }}{{ include "platform.set" (merge $it (dict "text" (include "platform.ownDatabaseUrl" $it))) }}{{ end -}}
  {{- else -}}
    {{- $url := include "platform.externalDatabaseUrl" $it -}}
    {{- if $url }}{{ include "platform.set" (merge $it (dict "text" $url)) }}{{ else }}{{ $_ := unset $data $it.key }}{{ end -}}
  {{- end -}}
{{- end -}}
{{- if not $isFirst }}{{ $_ := unset $data "DATABASE_URL" }}{{ end -}}
{{- end -}}

{{- define "platform.ownDatabaseUrl" -}}
{{- $isAdmin := eq .role "admin" -}}
{{- $password := ternary (include "platform.stored" (dict "data" .data "key" "POSTGRES_PASSWORD")) (randAlphaNum 32) $isAdmin -}}
postgres://{{ ternary "parley" (print "parley_" .role) $isAdmin }}:{{ $password }}@{{ .root.Release.Name }}-postgres:5432/parley
{{- end -}}

{{/* Of a PostgreSQL that the chart does not bring: as of NATS; a `url` for all services is not the administrator's. Empty when no service needs it. */}}
{{- define "platform.externalDatabaseUrl" -}}
{{- $postgres := .root.Values.global.stores.postgres -}}
{{- $external := .root.Values.external -}}
{{- $urls := merge (dict) ($postgres.urls | default dict) ($external.databaseUrls | default dict) -}}
{{- $isAdmin := eq .role "admin" -}}
{{- $former := dict "root" .root "data" .data "store" "postgres" "key" "DATABASE_URL" -}}
{{- $shared := coalesce $postgres.url $external.databaseUrl -}}
{{- $stored := coalesce (include "platform.storedExternal" .) (ternary "" (include "platform.storedExternal" $former) $isAdmin) -}}
{{- $url := coalesce (index $urls .role) (ternary "" $shared $isAdmin) $stored -}}
{{- if and (not $url) (or (not $isAdmin) $postgres.makeRoles) -}}
{{- fail (printf "global.stores.postgres.urls.%s is required with postgres.enabled=false, or global.stores.postgres.url for all: where PostgreSQL is, for example postgres://%s:password@db.example.org:5432/parley" .role (ternary "postgres" (print "parley_" .role) $isAdmin)) -}}
{{- end -}}
{{ $url | default "" }}
{{- end -}}

{{/*
"true" in the first upgrade from a release with one role for all. Its key DATABASE_URL stays until the next one, for pods of the version
before that start again meanwhile. Takes the data of the stored Secret.
*/}}
{{- define "platform.firstWithDatabaseRoles" -}}
{{- if and (hasKey . "DATABASE_URL") (not (hasKey . "DATABASE_URL_OWNER")) -}}true{{- end -}}
{{- end -}}

{{- define "platform.redisSecrets" -}}
{{- $it := dict "root" .root "data" .data "store" "redis" "key" "REDIS_URL" -}}
{{- if .root.Values.redis.enabled -}}
  {{- include "platform.keep" (dict "data" .data "key" "redis-password.conf" "text" (printf "requirepass %s\n" (randAlphaNum 32))) -}}
  {{- $password := include "platform.stored" (dict "data" .data "key" "redis-password.conf") | trim | trimPrefix "requirepass " -}}
  {{- include "platform.set" (merge $it (dict "text" (printf "redis://:%s@%s-redis:6379" $password .root.Release.Name))) -}}
{{- else -}}
  {{- $url := coalesce .root.Values.global.stores.redis.url .root.Values.external.redisUrl (include "platform.storedExternal" $it) -}}
  {{- $text := required "global.stores.redis.url is required with redis.enabled=false: where Redis is, for example redis://:password@redis.example.org:6379" $url -}}
  {{- include "platform.set" (merge $it (dict "text" $text)) -}}
{{- end -}}
{{- end -}}
