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
