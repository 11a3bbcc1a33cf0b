{{/*
Certificates for TLS to the stores that a pod speaks to (`stores`), from the Secrets that global.stores.<store>.tls names: only what a client
needs, also where a Secret holds more.
*/}}
{{- define "service-lib.tlsEnvironment" -}}
{{- range $store := .stores }}
{{- with (index $.root.Values.global.stores $store).tls }}
{{- $name := get (dict "postgres" "DATABASE") $store | default (upper $store) }}
{{- $folder := printf "/run/parley/tls/%s" $store }}
{{- if .caSecret }}
- name: PARLEY_{{ $name }}_CA_FILE
  value: {{ $folder }}/ca.crt
{{- end }}
{{- if .clientSecret }}
- name: PARLEY_{{ $name }}_CERT_FILE
  value: {{ $folder }}/tls.crt
- name: PARLEY_{{ $name }}_KEY_FILE
  value: {{ $folder }}/tls.key
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "service-lib.tlsMounts" -}}
{{- range $store := .stores }}
{{- with (index $.root.Values.global.stores $store).tls }}
{{- if or .caSecret .clientSecret }}
- name: tls-{{ $store }}
  mountPath: /run/parley/tls/{{ $store }}
  readOnly: true
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "service-lib.tlsVolumes" -}}
{{- range $store := .stores }}
{{- with (index $.root.Values.global.stores $store).tls }}
{{- if or .caSecret .clientSecret }}
- name: tls-{{ $store }}
  projected:
    defaultMode: 0440
    sources:
      {{- with .caSecret }}
      - secret:
          name: {{ . }}
          items: [{ key: ca.crt, path: ca.crt }]
      {{- end }}
      {{- with .clientSecret }}
      - secret:
          name: {{ . }}
          items: [{ key: tls.crt, path: tls.crt }, { key: tls.key, path: tls.key }]
      {{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
