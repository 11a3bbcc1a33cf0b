{{- define "service-lib.serviceaccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "service-lib.fullname" .root }}
  labels: {{- include "service-lib.labels" .root | nindent 4 }}
  {{- with (.root.Values.serviceAccount | default dict).annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
# No service speaks to Kubernetes.
automountServiceAccountToken: false
{{- end -}}

{{- define "service-lib.config" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "service-lib.fullname" .root }}
  labels: {{- include "service-lib.labels" .root | nindent 4 }}
data: {{- include "service-lib.configData" . | nindent 2 }}
{{- end -}}

{{- define "service-lib.configData" -}}
PARLEY_SHUTDOWN_DELAY_MS: {{ include "service-lib.shutdownDelayMs" .root | quote }}
{{- if .http }}
PARLEY_DRAIN_MS: {{ include "service-lib.drainMs" .root | quote }}
{{- end }}
PARLEY_LOG_LEVEL: {{ .root.Values.global.logLevel }}
{{- with .root.Values.global.tracing }}
{{- if .endpoint }}
OTEL_EXPORTER_OTLP_ENDPOINT: {{ .endpoint | quote }}
PARLEY_TRACE_RATIO: {{ .ratio | quote }}
{{- end }}
{{- end }}
{{- range $name, $value := .root.Values.config }}
{{- /* Large numbers come as floats, which would be written as 4.194304e+06. */}}
{{ $name }}: {{ (kindIs "float64" $value | ternary (toString (int64 $value)) (toString $value)) | quote }}
{{- end }}
{{- end -}}

{{/* Secrets come as files, only those that this service reads: a listing of environments does not show them. */}}
{{- define "service-lib.secretEnvironment" -}}
{{- range .secrets }}
- name: {{ . }}_FILE
  value: /run/parley/secret/{{ . }}
{{- end }}
{{- end -}}

{{- define "service-lib.secretMount" -}}
- name: secret
  mountPath: /run/parley/secret
  readOnly: true
{{- end -}}

{{- define "service-lib.secretVolume" -}}
- name: secret
  secret:
    secretName: {{ include "service-lib.secretName" .root }}
    defaultMode: 0440
    items:
{{- range $variable := .secrets }}
      - key: {{ include "service-lib.secretKey" (dict "root" $.root "variable" $variable "busUser" $.busUser "databaseRole" $.databaseRole) }}
        path: {{ $variable }}
{{- end }}
{{- end -}}

{{/*
The key of the Secret that holds a variable. Each user of the bus has a NATS_URL of its own and each role of PostgreSQL a DATABASE_URL,
unless all share one.
*/}}
{{- define "service-lib.secretKey" -}}
{{- if and (eq .variable "NATS_URL") (not .root.Values.global.stores.nats.sharedUrl) -}}
NATS_URL_{{ .busUser | default .root.Chart.Name | upper | replace "-" "_" }}
{{- else if and (eq .variable "DATABASE_URL") (not .root.Values.global.stores.postgres.sharedUrl) -}}
DATABASE_URL_{{ .databaseRole | default .root.Chart.Name | upper }}
{{- else if eq .variable "PARLEY_DATABASE_ADMIN_URL" -}}
DATABASE_URL_ADMIN
{{- else if eq .variable "PARLEY_DATABASE_SERVICE_URL" -}}
DATABASE_URL_{{ upper .root.Chart.Name }}
{{- else -}}
{{ .variable }}
{{- end -}}
{{- end -}}

{{- define "service-lib.deployment" -}}
{{- $root := .root -}}
{{- $values := $root.Values -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "service-lib.fullname" $root }}
  labels: {{- include "service-lib.labels" $root | nindent 4 }}
  {{- with $values.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  replicas: {{ include "service-lib.replicas" $root }}
  selector:
    matchLabels: {{- include "service-lib.serverLabels" $root | nindent 6 }}
  strategy:
    rollingUpdate:
      # A new one is ready before an old one goes.
      maxSurge: 1
      maxUnavailable: 0
  template:
    metadata:
      labels:
        {{- include "service-lib.serverLabels" $root | nindent 8 }}
        {{- with $values.podLabels }}{{ toYaml . | nindent 8 }}{{ end }}
      annotations:
        # A changed setting rolls the pods.
        checksum/config: {{ include "service-lib.configData" . | sha256sum }}
        # So does a store that is elsewhere.
        checksum/stores: {{ pick $values.global.stores "nats" "postgres" "redis" | toJson | sha256sum }}
        {{- with $values.podAnnotations }}{{ toYaml . | nindent 8 }}{{ end }}
    spec:
      serviceAccountName: {{ include "service-lib.fullname" $root }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ include "service-lib.graceSeconds" $root }}
      securityContext: {{- include "service-lib.podSecurity" $root | nindent 8 }}
      {{- with $values.image.pullSecrets }}
      imagePullSecrets: {{- range . }}
        - name: {{ . }}
        {{- end }}
      {{- end }}
      topologySpreadConstraints: {{- include "service-lib.spread" $root | trim | nindent 8 }}
      {{- with include "service-lib.placement" $values | trim }}{{ . | nindent 6 }}{{ end }}
      {{- with $values.initContainers }}
      initContainers: {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ $root.Chart.Name }}
          image: {{ include "service-lib.image" $root }}
          imagePullPolicy: {{ $values.image.pullPolicy }}
          securityContext: {{- include "service-lib.containerSecurity" $root | nindent 12 }}
          envFrom:
            - configMapRef:
                name: {{ include "service-lib.fullname" $root }}
            {{- with $values.envFrom }}{{ toYaml . | nindent 12 }}{{ end }}
          env:
            {{- include "service-lib.secretEnvironment" . | trim | nindent 12 }}
            {{- with include "service-lib.tlsEnvironment" . | trim }}{{ . | nindent 12 }}{{ end }}
            {{- with $values.extraEnv }}{{ toYaml . | nindent 12 }}{{ end }}
          ports:
            {{- if .http }}
            - name: http
              containerPort: 8000
            {{- end }}
            - name: health
              containerPort: 9000
          {{- $probes := mergeOverwrite (include "service-lib.probes" . | fromYaml) ($values.probes | default dict) }}
          {{- range $name, $probe := $probes }}
          {{ $name }}: {{- toYaml $probe | nindent 12 }}
          {{- end }}
          {{- with $values.lifecycle }}
          lifecycle: {{- toYaml . | nindent 12 }}
          {{- end }}
          resources: {{- toYaml $values.resources | nindent 12 }}
          volumeMounts:
            {{- include "service-lib.secretMount" . | nindent 12 }}
            {{- with include "service-lib.tlsMounts" . | trim }}{{ . | nindent 12 }}{{ end }}
            {{- with $values.extraVolumeMounts }}{{ toYaml . | nindent 12 }}{{ end }}
        {{- with $values.extraContainers }}{{ toYaml . | nindent 8 }}{{ end }}
      volumes:
        {{- include "service-lib.secretVolume" . | nindent 8 }}
        {{- with include "service-lib.tlsVolumes" . | trim }}{{ . | nindent 8 }}{{ end }}
        {{- with $values.extraVolumes }}{{ toYaml . | nindent 8 }}{{ end }}
{{- end -}}

{{/* It lives from its first moment, also while it migrates or waits for a store: that is no reason to start it again. */}}
{{- define "service-lib.probes" -}}
startupProbe:
  httpGet: { path: /healthz, port: health }
  periodSeconds: 2
  timeoutSeconds: 5
  # On a machine that is starting everything at once, loading a program alone may take a minute.
  failureThreshold: 90
livenessProbe:
  httpGet: { path: /healthz, port: health }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /readyz, port: health }
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 2
{{- end -}}

{{/* Where a pod runs and with what rank; takes the values of a service or of a store. */}}
{{- define "service-lib.placement" -}}
{{- range $name := list "nodeSelector" "tolerations" "affinity" "dnsConfig" }}
{{- with index $ $name }}
{{ $name }}: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- range $name := list "priorityClassName" "runtimeClassName" "schedulerName" }}
{{- with index $ $name }}
{{ $name }}: {{ . }}
{{- end }}
{{- end }}
{{- end -}}
