{{/* What the pods of a store are called and how they are held. */}}
{{- define "platform.storeName" -}}{{ .Release.Name }}-{{ .store }}{{- end -}}

{{- define "platform.storeLabels" -}}
app.kubernetes.io/name: {{ .store }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: parley
{{- end -}}

{{- define "platform.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .uid }}
runAsGroup: {{ .uid }}
fsGroup: {{ .uid }}
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "platform.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Only these services may connect to it; it may connect to nothing (Egress without a rule) but, with `peerPort`, its own replicas. */}}
{{- define "platform.storePolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "platform.storeName" . }}
  labels: {{- include "platform.storeLabels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "platform.storeLabels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        {{- range .clients }}
        - podSelector:
            matchLabels: { app.kubernetes.io/name: {{ . }}, app.kubernetes.io/part-of: parley }
        {{- end }}
      ports: [{ protocol: TCP, port: {{ .port }} }]
    {{- if .peerPort }}
    - from:
        - podSelector:
            matchLabels: {{- include "platform.storeLabels" . | nindent 14 }}
      ports: [{ protocol: TCP, port: {{ .peerPort }} }]
  egress:
    - to:
        - podSelector:
            matchLabels: {{- include "platform.storeLabels" . | nindent 14 }}
      ports: [{ protocol: TCP, port: {{ .peerPort }} }]
    # Names of the copies.
    - {{- with .dns.to }}
      to: {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        {{- range .dns.ports }}
        - { protocol: UDP, port: {{ . }} }
        - { protocol: TCP, port: {{ . }} }
        {{- end }}
    {{- end }}
{{- end -}}

{{- define "platform.storeService" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "platform.storeName" . }}
  labels: {{- include "platform.storeLabels" . | nindent 4 }}
spec:
  selector: {{- include "platform.storeLabels" . | nindent 4 }}
  ports:
    - name: {{ .store }}
      port: {{ .port }}
      targetPort: {{ .store }}
{{- end -}}

{{- define "platform.storeAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "platform.storeName" . }}
  labels: {{- include "platform.storeLabels" . | nindent 4 }}
automountServiceAccountToken: false
{{- end -}}

{{/* The certificate of a server; the authority of its clients only where they are asked for one. Takes `<store>.tls`. */}}
{{- define "platform.tlsMount" -}}
{{- if .secret -}}
- { name: tls, mountPath: /etc/parley/tls, readOnly: true }
{{- end -}}
{{- end -}}

{{- define "platform.tlsVolume" -}}
{{- if .secret -}}
- name: tls
  secret:
    secretName: {{ .secret }}
    defaultMode: 0440
    items:
      - { key: tls.crt, path: tls.crt }
      - { key: tls.key, path: tls.key }
      {{- if .verifyClients }}
      - { key: ca.crt, path: ca.crt }
      {{- end }}
{{- end -}}
{{- end -}}
