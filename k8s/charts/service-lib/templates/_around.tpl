{{- define "service-lib.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "service-lib.fullname" .root }}
  labels: {{- include "service-lib.labels" .root | nindent 4 }}
  {{- with .root.Values.service.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ .root.Values.service.type | default "ClusterIP" }}
  selector: {{- include "service-lib.serverLabels" .root | nindent 4 }}
  ports:
    {{- if .http }}
    - name: http
      port: {{ .root.Values.service.port }}
      targetPort: http
    {{- end }}
    - name: health
      port: 9000
      targetPort: health
{{- end -}}

{{- define "service-lib.autoscaler" -}}
{{- with .root.Values.autoscaling }}
{{- include "service-lib.checkAutoscaling" . }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "service-lib.fullname" $.root }}
  labels: {{- include "service-lib.labels" $.root | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "service-lib.fullname" $.root }}
  minReplicas: {{ .min }}
  maxReplicas: {{ .max }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: { type: Utilization, averageUtilization: {{ .cpuPercent }} }
    {{- if .connectionsPerReplica }}
    # Served by an adapter for Prometheus, from the gateway's own metric.
    - type: Pods
      pods:
        metric: { name: parley_connections }
        target: { type: AverageValue, averageValue: {{ .connectionsPerReplica | quote }} }
    {{- end }}
    {{- with .metrics }}{{ toYaml . | nindent 4 }}{{ end }}
  behavior: {{- include "service-lib.scalingBehavior" . | nindent 4 }}
{{- end }}
{{- end -}}

{{/*
The last of an autoscaler that is switched off: it holds the number of the values, and the next upgrade removes it. Helm removes what is no
longer rendered after it has changed the rest, so an autoscaler would set its own number once more in between, and nothing would correct it.
*/}}
{{- define "service-lib.heldAutoscaler" -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "service-lib.fullname" .root }}
  labels: {{- include "service-lib.labels" .root | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "service-lib.fullname" .root }}
  minReplicas: {{ .root.Values.replicas }}
  maxReplicas: {{ .root.Values.replicas }}
{{- end -}}

{{/* What KEDA makes an autoscaler of: by CPU, and by the connections that Prometheus has counted. */}}
{{- define "service-lib.scaledObject" -}}
{{- if not (.root.Capabilities.APIVersions.Has "keda.sh/v1alpha1") -}}
{{- fail "autoscaling.prometheusUrl needs KEDA, whose resources this cluster does not have (without a cluster: helm template --api-versions keda.sh/v1alpha1)" -}}
{{- end -}}
{{- with .root.Values.autoscaling }}
{{- include "service-lib.checkAutoscaling" . }}
{{- if not .connectionsPerReplica }}{{ fail "autoscaling.connectionsPerReplica is required with autoscaling.prometheusUrl: how many connections one replica holds before another is started" }}{{ end }}
{{- if .metrics }}{{ fail "autoscaling.metrics are those of a HorizontalPodAutoscaler: with autoscaling.prometheusUrl, KEDA scales by CPU and connections" }}{{ end }}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {{ include "service-lib.fullname" $.root }}
  labels: {{- include "service-lib.labels" $.root | nindent 4 }}
spec:
  scaleTargetRef: { name: {{ include "service-lib.fullname" $.root }} }
  minReplicaCount: {{ .min }}
  maxReplicaCount: {{ .max }}
  triggers:
    - type: cpu
      metricType: Utilization
      metadata: { value: {{ .cpuPercent | quote }} }
    - type: prometheus
      metadata:
        serverAddress: {{ .prometheusUrl }}
        # Prometheus adds namespace and pod to what it reads.
        query: sum(parley_connections{namespace="{{ $.root.Release.Namespace }}", pod=~"{{ include "service-lib.fullname" $.root }}-.+"})
        threshold: {{ .connectionsPerReplica | quote }}
  advanced:
    horizontalPodAutoscalerConfig:
      behavior: {{- include "service-lib.scalingBehavior" . | nindent 8 }}
{{- end }}
{{- end -}}

{{- define "service-lib.checkAutoscaling" -}}
{{- if gt (int .min) (int .max) }}{{ fail (printf "autoscaling.min is %d and autoscaling.max is %d: the least cannot be more than the most" (int .min) (int .max)) }}{{ end -}}
{{- end -}}

{{- define "service-lib.scalingBehavior" -}}
{{- if .behavior }}
{{- toYaml .behavior }}
{{- else -}}
scaleDown:
  # Each step moves clients; a pod that is removed too early reconnects many at once.
  stabilizationWindowSeconds: 600
  policies: [{ type: Pods, value: 1, periodSeconds: 120 }]
{{- end }}
{{- end -}}

{{- define "service-lib.disruption" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "service-lib.fullname" .root }}
  labels: {{- include "service-lib.labels" .root | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{- include "service-lib.serverLabels" .root | nindent 6 }}
{{- end -}}

{{/* Exactly the ways that the code uses; k8s/test/network.test.ts compares both. */}}
{{- define "service-lib.networkpolicy" -}}
{{- $global := .root.Values.global -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "service-lib.fullname" .root }}
  labels: {{- include "service-lib.labels" .root | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "service-lib.podLabels" .root | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    # Metrics, and `helm test`. Probes come from the node itself, which no policy holds back.
    - from:
        - podSelector:
            matchLabels: {{- include "service-lib.podLabels" .root | nindent 14 }}
              app.kubernetes.io/component: test
        {{- with $global.scrapeFrom }}{{ toYaml . | nindent 8 }}{{ end }}
      ports: [{ protocol: TCP, port: health }]
    {{- if .http }}
    # Clients: the peers of `http.from` and `helm test`; without `http.from`, all.
    - {{- with .root.Values.http.from }}
      from:
        - podSelector:
            matchLabels: {{- include "service-lib.podLabels" $.root | nindent 14 }}
              app.kubernetes.io/component: test
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports: [{ protocol: TCP, port: http }]
    {{- end }}
  egress:
    # Names: `dns.to` says where they are resolved. By default anywhere, since clusters differ: kube-dns, a cache on the node, another namespace.
    {{- $dns := $global.dns | default (dict "ports" (list 53 5353)) }}
    - {{- with $dns.to }}
      to: {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        {{- range $dns.ports }}
        - { protocol: UDP, port: {{ . }} }
        - { protocol: TCP, port: {{ . }} }
        {{- end }}
    {{- range $store := .stores }}
    {{- with index $global.stores $store }}
    - to:
        {{- if .to }}{{ toYaml .to | nindent 8 }}{{ else }}
        - podSelector:
            matchLabels: { app.kubernetes.io/name: {{ $store }}, app.kubernetes.io/part-of: parley }
        {{- end }}
      ports: [{ protocol: TCP, port: {{ .port }} }{{ with .sentinelPort }}, { protocol: TCP, port: {{ . }} }{{ end }}]
    {{- end }}
    {{- end }}
    {{- with $global.tracing }}
    {{- if .endpoint }}
    {{- if not .to }}{{ fail "global.tracing.to is required with global.tracing.endpoint: where the collector is, as NetworkPolicy peers" }}{{ end }}
    - to: {{- toYaml .to | nindent 8 }}
      ports: [{ protocol: TCP, port: {{ .port }} }]
    {{- end }}
    {{- end }}
    # `helm test` asks the service itself.
    - to:
        - podSelector:
            matchLabels: {{- include "service-lib.serverLabels" .root | nindent 14 }}
      ports: [{ protocol: TCP, port: health }{{ if .http }}, { protocol: TCP, port: http }{{ end }}]
{{- end -}}

{{- define "service-lib.monitor" -}}
{{- with .root.Values.global.serviceMonitor }}
{{- include "service-lib.needsMonitoring" (dict "root" $.root "value" "global.serviceMonitor.enabled") }}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ include "service-lib.fullname" $.root }}
  labels:
    {{- include "service-lib.labels" $.root | nindent 4 }}
    {{- with .labels }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  # The job is called parley, as the alerts expect.
  jobLabel: app.kubernetes.io/part-of
  selector:
    matchLabels: {{- include "service-lib.podLabels" $.root | nindent 6 }}
  endpoints:
    - port: health
      path: /metrics
      interval: {{ .interval }}
      # Every metric says itself which service it is of.
      honorLabels: true
{{- end }}
{{- end -}}

{{/* Instead of a ServiceMonitor where Prometheus finds pods by themselves. */}}
{{- define "service-lib.podMonitor" -}}
{{- with .root.Values.global.podMonitor }}
{{- include "service-lib.needsMonitoring" (dict "root" $.root "value" "global.podMonitor.enabled") }}
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: {{ include "service-lib.fullname" $.root }}
  labels:
    {{- include "service-lib.labels" $.root | nindent 4 }}
    {{- with .labels }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  # The job is called parley, as the alerts expect.
  jobLabel: app.kubernetes.io/part-of
  selector:
    matchLabels: {{- include "service-lib.serverLabels" $.root | nindent 6 }}
  podMetricsEndpoints:
    - port: health
      path: /metrics
      interval: {{ .interval }}
      # Every metric says itself which service it is of.
      honorLabels: true
{{- end }}
{{- end -}}

{{- define "service-lib.needsMonitoring" -}}
{{- if not (.root.Capabilities.APIVersions.Has "monitoring.coreos.com/v1") -}}
{{- fail (printf "%s needs the Prometheus operator, whose resources this cluster does not have (without a cluster: helm template --api-versions monitoring.coreos.com/v1)" .value) -}}
{{- end -}}
{{- end -}}

{{/* The successor of Ingress: a Gateway that is there already, as `parentRefs` names it, or the chart's own sends clients here. */}}
{{- define "service-lib.httpRoute" -}}
{{- with .root.Values.httpRoute }}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: {{ include "service-lib.fullname" $.root }}
  labels: {{- include "service-lib.labels" $.root | nindent 4 }}
  {{- with .annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- $parents := .parentRefs | default list }}
  {{- if (.gateway | default dict).className }}{{ $parents = append $parents (dict "name" (include "service-lib.fullname" $.root)) }}{{ end }}
  {{- if not $parents }}{{ fail "httpRoute.parentRefs or httpRoute.gateway.className is required with httpRoute.enabled: the Gateway that clients come through" }}{{ end }}
  parentRefs: {{- toYaml $parents | nindent 4 }}
  {{- with .hostnames }}
  hostnames: {{- toYaml . | nindent 4 }}
  {{- end }}
  rules:
    - backendRefs:
        - name: {{ include "service-lib.fullname" $.root }}
          port: {{ $.root.Values.service.port }}
      # Sockets live for hours: no limit of the whole request.
      timeouts: { request: 0s }
{{- end }}
{{- end -}}

{{/* A Gateway for this service alone: a listener for each host, with TLS where there is a certificate. */}}
{{- define "service-lib.gateway" -}}
{{- with .root.Values.httpRoute.gateway }}
{{- $own := . }}
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata:
  name: {{ include "service-lib.fullname" $.root }}
  labels: {{- include "service-lib.labels" $.root | nindent 4 }}
  {{- with .annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  gatewayClassName: {{ .className }}
  listeners:
    {{- range $at, $host := $.root.Values.httpRoute.hostnames | default (list "") }}
    - name: {{ ternary "https" "http" (not (empty $own.tlsSecret)) }}-{{ $at }}
      {{- with $host }}
      hostname: {{ . }}
      {{- end }}
      {{- if $own.tlsSecret }}
      protocol: HTTPS
      port: 443
      tls: { mode: Terminate, certificateRefs: [{ name: {{ $own.tlsSecret }} }] }
      {{- else }}
      protocol: HTTP
      port: 80
      {{- end }}
      allowedRoutes: { namespaces: { from: Same } }
    {{- end }}
{{- end }}
{{- end -}}

{{- define "service-lib.ingress" -}}
{{- with .root.Values.ingress }}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ include "service-lib.fullname" $.root }}
  labels: {{- include "service-lib.labels" $.root | nindent 4 }}
  annotations:
    # Sockets live for hours; the gateway's own pings come more often than any of these times.
    nginx.ingress.kubernetes.io/proxy-read-timeout: "3600"
    nginx.ingress.kubernetes.io/proxy-send-timeout: "3600"
    {{- with .annotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  {{- with .className }}
  ingressClassName: {{ . }}
  {{- end }}
  rules:
    {{- $host := required "ingress.host is required with ingress.enabled: the name under which clients reach the gateway" .host }}
    {{- range prepend (.moreHosts | default list) $host }}
    - host: {{ . }}
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: {{ include "service-lib.fullname" $.root }}
                port: { name: http }
    {{- end }}
  {{- with .tlsSecret }}
  tls:
    - hosts: {{ prepend ($.root.Values.ingress.moreHosts | default list) $host | toJson }}
      secretName: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}
