{{/*
What the Secret holds. Each of the templates `platform.<store>Secrets` completes `data` (keys to base64, as the Secret of the release
before has them): what is there stays, because stores know it; what is missing is made.
*/}}

{{/* `data` of the Secret in the cluster, as YAML; empty where there is none, or no cluster. */}}
{{- define "platform.storedSecret" -}}
{{- with lookup "v1" "Secret" .Release.Namespace .Values.global.secret -}}{{ .data | default dict | toYaml }}{{- end -}}
{{- end -}}

{{/* Sets a key of `data` unless it is there. */}}
{{- define "platform.keep" -}}
{{- if not (hasKey .data .key) }}{{ $_ := set .data .key (b64enc .text) }}{{ end -}}
{{- end -}}

{{/* The text of a key of `data`; empty when it is not there. */}}
{{- define "platform.stored" -}}{{ index .data .key | default "" | b64dec }}{{- end -}}

{{/* As libs/contracts/src/bus-users.ts names them; k8s/test compares both. */}}
{{- define "platform.busUsers" -}}auth topics chat signaling gateway sample-data{{- end -}}
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
  {{- $it := dict "data" $data "user" $user "key" (include "platform.natsUrlKey" $user) -}}
  {{- if $given.root.Values.nats.enabled -}}
    {{- $text := printf "nats://%s:%s@%s-nats:4222" $user (randAlphaNum 32) $given.root.Release.Name -}}
    {{- include "platform.keep" (merge $it (dict "text" $text)) -}}
    {{- $passwords = print $passwords (include "platform.natsPassword" $it) -}}
  {{- else if not (hasKey $data $it.key) -}}
    {{- $text := include "platform.externalNatsUrl" (merge $it $given) -}}
    {{- if $text }}{{ include "platform.keep" (merge $it (dict "text" $text)) }}{{ end -}}
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
{{- end -}}

{{/* Of a NATS that the chart does not bring: the URL of this user, or the one for all. Empty: nobody needs it. */}}
{{- define "platform.externalNatsUrl" -}}
{{- $external := .root.Values.external -}}
{{- $shared := $external.natsUrl | default (include "platform.stored" (dict "data" .data "key" "NATS_URL")) -}}
{{- $url := index ($external.natsUrls | default dict) .user | default $shared -}}
{{- if and (not $url) (or (ne .user "sample-data") .root.Values.gateway.sampleData) -}}
{{- fail (printf "external.natsUrls.%s is required with nats.enabled=false, or external.natsUrl for all: where NATS is, for example nats://%s:password@nats.example.org:4222" .user .user) -}}
{{- end -}}
{{ $url }}
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
  {{- $key := printf "DATABASE_URL_%s" (upper $role) -}}
  {{- if not (hasKey $data $key) -}}
    {{- $url := include (ternary "platform.ownDatabaseUrl" "platform.externalDatabaseUrl" $given.root.Values.postgres.enabled) (dict "root" $given.root "data" $data "role" $role) -}}
    {{- if $url }}{{ include "platform.keep" (dict "data" $data "key" $key "text" $url) }}{{ end -}}
  {{- end -}}
{{- end -}}
{{- if not $isFirst }}{{ $_ := unset $data "DATABASE_URL" }}{{ end -}}
{{- end -}}

{{- define "platform.ownDatabaseUrl" -}}
{{- $isAdmin := eq .role "admin" -}}
{{- $password := ternary (include "platform.stored" (dict "data" .data "key" "POSTGRES_PASSWORD")) (randAlphaNum 32) $isAdmin -}}
postgres://{{ ternary "parley" (print "parley_" .role) $isAdmin }}:{{ $password }}@{{ .root.Release.Name }}-postgres:5432/parley
{{- end -}}

{{/* Of a PostgreSQL that the chart does not bring: the URL of this role, or the one for all. Empty: nobody needs it. */}}
{{- define "platform.externalDatabaseUrl" -}}
{{- $external := .root.Values.external -}}
{{- $shared := $external.databaseUrl | default (include "platform.stored" (dict "data" .data "key" "DATABASE_URL")) -}}
{{- $isAdmin := eq .role "admin" -}}
{{- $url := index ($external.databaseUrls | default dict) .role | default (ternary "" $shared $isAdmin) -}}
{{- if and (not $url) (or (not $isAdmin) .root.Values.global.stores.postgres.makeRoles) -}}
{{- fail (printf "external.databaseUrls.%s is required with postgres.enabled=false, or external.databaseUrl for all: where PostgreSQL is, for example postgres://%s:password@db.example.org:5432/parley" .role (ternary "postgres" (print "parley_" .role) $isAdmin)) -}}
{{- end -}}
{{ $url }}
{{- end -}}

{{/*
"true" in the first upgrade from a release with one role for all. Its key DATABASE_URL stays until the next one, for pods of the version
before that start again meanwhile. Takes the data of the stored Secret.
*/}}
{{- define "platform.firstWithDatabaseRoles" -}}
{{- if and (hasKey . "DATABASE_URL") (not (hasKey . "DATABASE_URL_OWNER")) -}}true{{- end -}}
{{- end -}}

{{- define "platform.redisSecrets" -}}
{{- if .root.Values.redis.enabled -}}
  {{- if not (hasKey .data "redis-password.conf") -}}
    {{- $password := randAlphaNum 32 -}}
    {{- $_ := set .data "redis-password.conf" (printf "requirepass %s\n" $password | b64enc) -}}
    {{- $_ := set .data "REDIS_URL" (printf "redis://:%s@%s-redis:6379" $password .root.Release.Name | b64enc) -}}
  {{- end -}}
{{- else if not (hasKey .data "REDIS_URL") -}}
  {{- $url := required "external.redisUrl is required with redis.enabled=false: where Redis is, for example redis://:password@redis.example.org:6379" .root.Values.external.redisUrl -}}
  {{- include "platform.keep" (dict "data" .data "key" "REDIS_URL" "text" $url) -}}
{{- end -}}
{{- end -}}
