{{/*
Everything that one service is, in Kubernetes' words. Called by each chart's templates/all.yaml with
  root     the chart's own context
  secrets  which keys of the Secret it reads; it is given no others
  stores   which of nats, postgres and redis it speaks to; nothing else is let out
  http     whether clients come to it
*/}}
{{- define "service-lib.all" -}}
{{- $parts := list "service-lib.serviceaccount" "service-lib.config" "service-lib.deployment" "service-lib.service" "service-lib.networkpolicy" "service-lib.test" -}}
{{- $values := .root.Values -}}
{{- if .root.Chart.IsRoot }}{{ include "service-lib.checkStores" . }}{{ end -}}
{{- if $values.autoscaling.enabled }}{{ $parts = append $parts (ternary "service-lib.scaledObject" "service-lib.autoscaler" (not (empty $values.autoscaling.prometheusUrl))) }}{{ end -}}
{{- if include "service-lib.lastAutoscaler" .root }}{{ $parts = append $parts "service-lib.heldAutoscaler" }}{{ end -}}
{{- if or $values.autoscaling.enabled (gt (int $values.replicas) 1) }}{{ $parts = append $parts "service-lib.disruption" }}{{ end -}}
{{- if and (has "postgres" .stores) $values.migrations.beforeUpgrade }}{{ $parts = append $parts "service-lib.migration" }}{{ end -}}
{{- if $values.global.serviceMonitor.enabled }}{{ $parts = append $parts "service-lib.monitor" }}{{ end -}}
{{- if ($values.global.podMonitor | default dict).enabled }}{{ $parts = append $parts "service-lib.podMonitor" }}{{ end -}}
{{- if .http }}{{ if ($values.httpRoute | default dict).enabled }}{{ $parts = append $parts "service-lib.httpRoute" }}{{ end }}{{ end -}}
{{- if .http }}{{ with $values.httpRoute }}{{ if and .enabled (.gateway | default dict).className }}{{ $parts = append $parts "service-lib.gateway" }}{{ end }}{{ end }}{{ end -}}
{{- if .http }}{{ if $values.ingress.enabled }}{{ $parts = append $parts "service-lib.ingress" }}{{ end }}{{ end -}}
{{- if .http }}{{ if $values.sampleData }}{{ $parts = append $parts "service-lib.sampleData" }}{{ end }}{{ end -}}
{{- $given := . -}}
{{- range $parts }}
---
{{ include "service-lib.common" (dict "root" $given.root "text" (include . $given)) }}
{{- end }}
{{- end -}}
