{{/* Release "parley", chart "chat": parley-chat. Release "chat", chart "chat": chat. */}}
{{- define "service-lib.fullname" -}}
{{- $name := .Chart.Name -}}
{{- if eq .Release.Name $name -}}{{ $name }}{{- else -}}{{ printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" }}{{- end -}}
{{- end -}}

{{/* Whose pods they are, whatever they do: network policies hold for all of them. */}}
{{- define "service-lib.podLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: parley
{{- end -}}

{{/* The pods that serve, and no job beside them. */}}
{{- define "service-lib.serverLabels" -}}
{{ include "service-lib.podLabels" . }}
app.kubernetes.io/component: server
{{- end -}}

{{- define "service-lib.labels" -}}
{{ include "service-lib.podLabels" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "service-lib.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion -}}
{{- if eq $tag "latest" -}}{{ fail "image.tag must name a version: with \"latest\" it is unknown what runs, and a rollback changes nothing" }}{{- end -}}
{{- with .Values.global.imageRegistry -}}{{ . }}/{{- end -}}{{ .Values.image.repository }}:{{ $tag }}{{ with .Values.image.digest }}@{{ . }}{{ end }}
{{- end -}}

{{/*
All times of stopping follow from global.drainSeconds. The order is: /readyz says no (unready), connections leave (drain),
requests in flight end (10 s), the rest is closed (5 s); see libs/process.
*/}}
{{- define "service-lib.shutdownDelayMs" -}}{{ div (mul (int .Values.global.drainSeconds) 1000) 4 }}{{- end -}}
{{- define "service-lib.drainMs" -}}{{ mul (int .Values.global.drainSeconds) 1000 }}{{- end -}}
{{- define "service-lib.graceSeconds" -}}
{{- $needed := add (int .Values.global.drainSeconds) (div (add (int .Values.global.drainSeconds) 3) 4) 15 -}}
{{- $given := .Values.global.terminationGracePeriodSeconds -}}
{{- if and $given (lt (int $given) (int $needed)) -}}
{{- fail (printf "global.terminationGracePeriodSeconds is %d, but draining over global.drainSeconds (%d) needs %d: pods would be killed while they still let go of clients" (int $given) (int .Values.global.drainSeconds) (int $needed)) -}}
{{- end -}}
{{ $given | default $needed }}
{{- end -}}

{{- define "service-lib.secretName" -}}
{{- required "global.secret is required: the name of a Secret with the URLs of the stores and PARLEY_SECRET (docs/operations.md shows how to make it)" .Values.global.secret -}}
{{- end -}}

{{/*
Spread over zones and machines. `required` refuses to place two of one version in one zone; machines are only a wish, so that
one that is drained does not hold an upgrade up. Only nodes that a pod may go to are counted: not those that are drained.
*/}}
{{- define "service-lib.spread" -}}
{{- $zones := ternary "DoNotSchedule" "ScheduleAnyway" .Values.global.spread.required -}}
{{- range $key, $whenUnsatisfiable := dict "topology.kubernetes.io/zone" $zones "kubernetes.io/hostname" "ScheduleAnyway" }}
- maxSkew: 1
  topologyKey: {{ $key }}
  whenUnsatisfiable: {{ $whenUnsatisfiable }}
  nodeTaintsPolicy: Honor
  matchLabelKeys: [pod-template-hash]
  labelSelector:
    matchLabels: {{- include "service-lib.serverLabels" $ | nindent 6 }}
{{- end }}
{{- end -}}

{{- define "service-lib.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "service-lib.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}
