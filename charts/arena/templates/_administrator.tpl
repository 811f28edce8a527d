{{/*
The pod of a command of the administrator's: it signs in as who may change the database, and as these services. Takes root, name, args,
schemas; serviceAccount, archive ("reads" or "writes"), room (of /tmp).
*/}}
{{- define "arena.administratorPod" -}}
{{- $secret := .root.Values.database.passwordSecret -}}
{{- if .root.Values.postgres.enabled -}}
{{- $secret = dict "name" (include "arena.secretName" .root) "key" "database-admin" -}}
{{- end -}}
{{- $archive := ternary (.archive | default "") "" (eq (include "arena.hasArchive" .root) "true") -}}
{{- $source := printf "- secret:\n    name: %s\n    items:\n      - {key: %s, path: database/admin}" $secret.name $secret.key -}}
{{ include "common.podSpec" (dict "root" .root "serviceAccount" (.serviceAccount | default (include "common.fullname" .root))) }}
containers:
  - {{- include "common.container" (dict "root" .root "name" .name) | nindent 4 }}
    args: {{ toJson .args }}
    env:
      - {name: ARENA_LOG_LEVEL, value: {{ .root.Values.logLevel }}}
      - {name: ARENA_DATABASE_URL, value: {{ include "arena.databaseUrl" .root | quote }}}
      - {name: ARENA_DATABASE_PASSWORDS, value: /run/habitarena/secrets/database}
      {{- with .root.Values.kafka }}{{ if .enabled }}
      - {name: ARENA_BUS, value: kafka}
      - {name: ARENA_KAFKA_BOOTSTRAP, value: {{ .bootstrap | quote }}}
      {{- end }}{{ end }}
      {{- if $archive }}
      {{- include "arena.archiveEnv" .root | nindent 6 }}
      {{- end }}
      {{- if eq $archive "writes" }}
      - {name: ARENA_LOG_RETENTION, value: {{ .root.Values.archive.retention }}}
      {{- end }}
      {{- with .root.Values.extraEnv }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    resources:
      requests: {cpu: 50m, memory: 128Mi}
      limits: {memory: 384Mi}
    volumeMounts:
      {{- include "arena.secretMounts" .root | nindent 6 }}
      {{- if and $archive .root.Values.archive.claim }}
      - {name: archive, mountPath: /archive, readOnly: {{ eq $archive "reads" }}}
      {{- end }}
volumes:
  {{- include "arena.secretVolume" (dict "root" .root "schemas" .schemas "keys" list "sources" $source "room" .room) | nindent 2 }}
  {{- if and $archive .root.Values.archive.claim }}
  {{- include "arena.archiveVolume" .root | nindent 2 }}
  {{- end }}
{{- end -}}
