{{/* Whether there is an archive: "true" or nothing. Takes the root. */}}
{{- define "arena.hasArchive" -}}
{{- with .Values.archive -}}{{- if or .s3 .claim -}}true{{- end -}}{{- end -}}
{{- end -}}

{{/* What tells a process where it is. Takes the root. */}}
{{- define "arena.archiveEnv" -}}
{{- with .Values.archive -}}
- {name: ARENA_ARCHIVE, value: {{ .s3 | default "/archive" | quote }}}
{{- if .endpoint }}
- {name: AWS_ENDPOINT_URL_S3, value: {{ .endpoint | quote }}}
{{- end }}
{{- end -}}
{{- end -}}

{{- define "arena.archiveVolume" -}}
- name: archive
  persistentVolumeClaim:
    claimName: {{ .Values.archive.claim }}
{{- end -}}

{{/* The way to the archive, and to what lends a role in AWS; none to a folder. Takes the root; rules as JSON. */}}
{{- define "arena.toArchive" -}}
{{- $rules := list -}}
{{- with .Values.archive -}}
{{- if .s3 -}}
{{- $ports := list 443 80 -}}
{{- with .endpoint -}}{{- $ports = list (include "common.portOf" . | int) -}}{{- end -}}
{{- $to := list -}}
{{- range $ports -}}{{- $to = append $to (dict "port" . "protocol" "TCP") -}}{{- end -}}
{{- $rules = append $rules (dict "ports" $to) -}}
{{- end -}}
{{- end -}}
{{- toJson $rules -}}
{{- end -}}
