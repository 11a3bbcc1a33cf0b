{{/*
Objects (`text`, one or several) with the labels and annotations that `global.labels` and `global.annotations` give to all of them; what an
object has of its own wins. Takes `root` and `text`.
*/}}
{{- define "service-lib.common" -}}
{{- $labels := .root.Values.global.labels | default dict -}}
{{- $annotations := .root.Values.global.annotations | default dict -}}
{{- if or $labels $annotations -}}
{{- $objects := list -}}
{{- range regexSplit "(?m)^---$" .text -1 -}}
{{- $object := fromYaml . -}}
{{- with $object.Error }}{{ fail . }}{{ end -}}
{{- if $object -}}
{{- $_ := set $object.metadata "labels" (merge (dict) ($object.metadata.labels | default dict) $labels) -}}
{{- if or $annotations $object.metadata.annotations -}}
{{- $_ := set $object.metadata "annotations" (merge (dict) ($object.metadata.annotations | default dict) $annotations) -}}
{{- end -}}
{{- $objects = append $objects (toYaml $object) -}}
{{- end -}}
{{- end -}}
{{- join "\n---\n" $objects -}}
{{- else -}}
{{- .text -}}
{{- end -}}
{{- end -}}
