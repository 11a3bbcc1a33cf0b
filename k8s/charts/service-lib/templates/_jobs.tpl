{{/* What runs to its end with the service's own image. `name component command hooks`. */}}
{{- define "service-lib.podOnce" -}}
{{- $root := .root -}}
restartPolicy: Never
serviceAccountName: {{ include "service-lib.fullname" $root }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext: {{- include "service-lib.podSecurity" $root | nindent 2 }}
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets: {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with include "service-lib.placement" $root.Values | trim }}
{{ . }}
{{- end }}
containers:
  - name: {{ .component }}
    image: {{ include "service-lib.image" $root }}
    imagePullPolicy: {{ $root.Values.image.pullPolicy }}
    securityContext: {{- include "service-lib.containerSecurity" $root | nindent 6 }}
    command: {{ toJson .command }}
    resources: {{- toYaml $root.Values.resources | nindent 6 }}
{{- end -}}

{{/*
The schema is brought up to date by its owner while the old pods serve (migrations expand first); new ones wait for it. It is no hook:
a hook runs before the Secret has what this version adds to it. A Job cannot be changed, so each has a name of its own.
*/}}
{{- define "service-lib.migration" -}}
{{- $hash := printf "%d%s" .root.Release.Revision (include "service-lib.migrationSpec" .) | sha256sum | trunc 8 -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "service-lib.fullname" .root | trunc 44 | trimSuffix "-" }}-migrate-{{ $hash }}
  labels: {{- include "service-lib.labels" .root | nindent 4 }}
spec: {{- include "service-lib.migrationSpec" . | nindent 2 }}
{{- end -}}

{{- define "service-lib.migrationSpec" -}}
{{- $stores := dict "root" .root "stores" (list "postgres") -}}
{{- $secrets := list "DATABASE_URL" -}}
{{- if include "service-lib.makesRoles" .root }}{{ $secrets = concat $secrets (list "PARLEY_DATABASE_ADMIN_URL" "PARLEY_DATABASE_SERVICE_URL") }}{{ end -}}
# Until the PostgreSQL of a first install answers, and whatever it runs on has been pulled.
backoffLimit: 6
activeDeadlineSeconds: {{ .root.Values.migrations.withinSeconds }}
# Long enough to read its log.
ttlSecondsAfterFinished: 86400
template:
  metadata:
    labels:
      {{- include "service-lib.podLabels" .root | nindent 6 }}
      app.kubernetes.io/component: migration
  spec:
    {{- include "service-lib.podOnce" (dict "root" .root "component" "migration" "command" (list "node" "/app/service/dist/src/migrate/main.js")) | nindent 4 }}
        env:
          {{- include "service-lib.secretEnvironment" (dict "secrets" $secrets) | trim | nindent 10 }}
          {{- with include "service-lib.tlsEnvironment" $stores }}{{ . | trim | nindent 10 }}{{ end }}
        volumeMounts:
          {{- include "service-lib.secretMount" . | nindent 10 }}
          {{- with include "service-lib.tlsMounts" $stores }}{{ . | trim | nindent 10 }}{{ end }}
    volumes:
      {{- include "service-lib.secretVolume" (dict "root" .root "secrets" $secrets "databaseRole" "owner") | nindent 6 }}
      {{- with include "service-lib.tlsVolumes" $stores }}{{ . | trim | nindent 6 }}{{ end }}
{{- end -}}

{{/* "true" when the job is given an admin and makes the roles: by default those of the PostgreSQL that the platform brings. */}}
{{- define "service-lib.makesRoles" -}}
{{- $postgres := .Values.global.stores.postgres -}}
{{- $asked := ternary (not $postgres.to) $postgres.makeRoles (kindIs "invalid" $postgres.makeRoles) -}}
{{- if and $asked (not $postgres.sharedUrl) -}}true{{- end -}}
{{- end -}}

{{/*
The users, rooms and conversations of the old READMEs, when they are asked for: their passwords are published. Again after each
upgrade, which changes nothing that is there. It waits for services that do not answer yet.
*/}}
{{- define "service-lib.sampleData" -}}
{{- $secrets := list "NATS_URL" -}}
{{- $tls := dict "root" .root "stores" (list "nats") -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "service-lib.fullname" .root }}-sample-data
  labels: {{- include "service-lib.labels" .root | nindent 4 }}
  annotations:
    helm.sh/hook: post-install,post-upgrade
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  backoffLimit: 2
  activeDeadlineSeconds: 600
  # Helm removes no hook that failed, nor does it at `helm uninstall`.
  ttlSecondsAfterFinished: 3600
  template:
    metadata:
      labels:
        {{- include "service-lib.podLabels" .root | nindent 8 }}
        app.kubernetes.io/component: sample-data
    spec:
      {{- include "service-lib.podOnce" (dict "root" .root "component" "sample-data" "command" (list "node" "/app/service/dist/src/sample-data/main.js")) | nindent 6 }}
          envFrom:
            - configMapRef:
                name: {{ include "service-lib.fullname" .root }}
          env:
            - name: PARLEY_SAMPLE_DATA
              value: 'true'
            {{- include "service-lib.secretEnvironment" (dict "secrets" $secrets) | trim | nindent 12 }}
            {{- with include "service-lib.tlsEnvironment" $tls | trim }}{{ . | nindent 12 }}{{ end }}
          volumeMounts:
            {{- include "service-lib.secretMount" . | nindent 12 }}
            {{- with include "service-lib.tlsMounts" $tls | trim }}{{ . | nindent 12 }}{{ end }}
      volumes:
        {{- include "service-lib.secretVolume" (dict "root" .root "secrets" $secrets "busUser" "sample-data") | nindent 8 }}
        {{- with include "service-lib.tlsVolumes" $tls | trim }}{{ . | nindent 8 }}{{ end }}
{{- end -}}

{{/*
`helm test`: it is ready, and where clients come it answers them. It asks for a minute: a network may let a new pod in late. A Job, since
Helm removes no pod of a test that failed.
*/}}
{{- define "service-lib.test" -}}
{{- $name := include "service-lib.fullname" .root -}}
{{- $urls := list (printf "http://%s:9000/readyz" $name) -}}
{{- if .http }}{{ $urls = append $urls (printf "http://%s:%d/health" $name (int .root.Values.service.port)) }}{{ end -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ $name }}-test
  labels: {{- include "service-lib.labels" .root | nindent 4 }}
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  backoffLimit: 0
  activeDeadlineSeconds: 120
  ttlSecondsAfterFinished: 3600
  template:
    metadata:
      labels:
        {{- include "service-lib.podLabels" .root | nindent 8 }}
        app.kubernetes.io/component: test
    spec:
      {{- include "service-lib.podOnce" (dict "root" .root "component" "test" "command" (concat (list "node" "--input-type=module" "--eval" (include "service-lib.testScript" .)) $urls)) | nindent 6 }}
{{- end -}}

{{- define "service-lib.testScript" -}}
const until = Date.now() + 60_000;
for (const url of process.argv.slice(1)) {
  for (;;) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) }).then(({ status }) => status, ({ cause, message }) => cause?.message ?? message);
    console.log(answer, url);
    if (answer === 200) break;
    if (Date.now() > until) process.exit(1);
    await new Promise((done) => setTimeout(done, 1_000));
  }
}
{{- end -}}
