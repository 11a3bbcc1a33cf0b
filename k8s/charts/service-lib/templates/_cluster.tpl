{{/*
What the cluster has of an object (`root version kind name`), as YAML; empty where there is none, and without a cluster (helm template).
*/}}
{{- define "service-lib.live" -}}
{{- with lookup .version .kind .root.Release.Namespace .name }}{{ toYaml . }}{{ end -}}
{{- end -}}

{{/* "true" when the chart is rendered for a namespace that is there: every namespace has this account. */}}
{{- define "service-lib.hasCluster" -}}
{{- if include "service-lib.live" (dict "root" . "version" "v1" "kind" "ServiceAccount" "name" "default") -}}true{{- end -}}
{{- end -}}

{{/*
Refuses a store that is elsewhere and that no policy lets this service reach: one whose host, as the Secret has it, is no Service of the
namespace. For a chart that is installed alone; the platform knows which stores it brings. Takes what "service-lib.all" takes.
*/}}
{{- define "service-lib.checkStores" -}}
{{- $given := . -}}
{{- $secret := include "service-lib.live" (dict "root" .root "version" "v1" "kind" "Secret" "name" .root.Values.global.secret) | fromYaml -}}
{{- range $store := .stores -}}
{{- $variable := get (dict "nats" "NATS_URL" "postgres" "DATABASE_URL" "redis" "REDIS_URL") $store -}}
{{- $url := dig "data" (include "service-lib.secretKey" (dict "root" $given.root "variable" $variable)) "" $secret | b64dec -}}
{{- /* The first of several hosts, without who signs in there. */}}
{{- $host := regexReplaceAll "[/?].*$" (regexReplaceAll "^[a-zA-Z+]+://" $url "") "" | regexFind "[^@]*$" | regexFind "^[^:,]+" -}}
{{- if and $host (not (index $given.root.Values.global.stores $store).to) -}}
{{- if not (include "service-lib.live" (dict "root" $given.root "version" "v1" "kind" "Service" "name" (splitList "." $host | first))) -}}
{{- fail (printf "global.stores.%s.to is required: %s of the Secret %s names a host that is no Service of this namespace, and without its place, as NetworkPolicy peers, this service may not reach it" $store $variable $given.root.Values.global.secret) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* "true" when autoscaling is switched off and the cluster has an autoscaler of this release that may want another number. */}}
{{- define "service-lib.lastAutoscaler" -}}
{{- if not .Values.autoscaling.enabled -}}
{{- $name := include "service-lib.fullname" . -}}
{{- $live := include "service-lib.live" (dict "root" . "version" "autoscaling/v2" "kind" "HorizontalPodAutoscaler" "name" $name) | fromYaml -}}
{{- $isOurs := eq .Release.Name (dig "metadata" "annotations" "meta.helm.sh/release-name" "" $live) -}}
{{- $replicas := int .Values.replicas -}}
{{- $holds := and (eq $replicas (int (dig "spec" "minReplicas" 0 $live))) (eq $replicas (int (dig "spec" "maxReplicas" 0 $live))) -}}
{{- if and $isOurs (not $holds) -}}true{{- end -}}
{{- end -}}
{{- end -}}

{{/*
How many replicas an autoscaled Deployment has: what the cluster has, so that an upgrade does not scale it, and at least the minimum, also
when the autoscaler is new: a Deployment without a number has one.
*/}}
{{- define "service-lib.replicas" -}}
{{- $values := .Values -}}
{{- if $values.autoscaling.enabled -}}
{{- $name := include "service-lib.fullname" . -}}
{{- $live := include "service-lib.live" (dict "root" . "version" "apps/v1" "kind" "Deployment" "name" $name) | fromYaml -}}
{{- max (int $values.autoscaling.min) (int (dig "spec" "replicas" 0 $live)) -}}
{{- else -}}
{{- $values.replicas -}}
{{- end -}}
{{- end -}}
