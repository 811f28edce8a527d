{{/* The pod of an entry. Takes root, name, entry. */}}
{{- define "arena.pod" -}}
{{- $root := .root -}}{{- $entry := .entry -}}
{{- $checks := include "arena.checksOperator" . -}}
{{- $schemas := include "arena.schemas" . | fromJsonArray -}}
{{- $keys := list "internal-token" -}}
{{- if has "identity" ($entry.serve | default list) -}}{{- $keys = append $keys "signing-keys" -}}{{- end -}}
{{- $kafka := include "arena.kafkaAs" . -}}
{{- $archive := and $schemas (include "arena.hasArchive" $root) -}}
{{- $kafkaVolume := "" -}}{{- if $kafka -}}{{- $kafkaVolume = include "arena.kafkaVolume" (dict "root" $root "as" $kafka) -}}{{- end -}}
{{ include "common.podSpec" (dict "root" $root "serviceAccount" (include "arena.kafkaServiceAccount" (dict "root" $root "as" $kafka))) }}
terminationGracePeriodSeconds: 30
{{ include "common.placing" (dict "root" $root "component" .name "settings" $entry) }}
containers:
  - {{- include "common.container" (dict "root" $root "name" .name) | nindent 4 }}
    args: {{ concat (ternary (list "serve") (list "work") (gt (len ($entry.serve | default list)) 0)) ($entry.serve | default $entry.work) | toJson }}
    env:
      {{- include "arena.env" (dict "root" $root "entry" $entry "name" .name) | nindent 6 }}
      {{- if $checks }}
      {{- include "arena.operatorEnv" $root | nindent 6 }}
      {{- end }}
      {{- if $kafka }}
      {{- include "arena.kafkaEnv" (dict "root" $root "as" $kafka) | nindent 6 }}
      {{- end }}
      {{- if $archive }}
      {{- include "arena.archiveEnv" $root | nindent 6 }}
      {{- end }}
      {{- with concat $root.Values.extraEnv $entry.extraEnv }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    ports:
      - {name: http, containerPort: 8000, protocol: TCP}
      - {name: metrics, containerPort: 8001, protocol: TCP}
    {{- include "common.probes" . | nindent 4 }}
    lifecycle:
      preStop:
        sleep: {seconds: 5}
    resources:
      {{- toYaml $entry.resources | nindent 6 }}
    volumeMounts:
      {{- include "arena.secretMounts" $root | nindent 6 }}
      {{- if $checks }}
      - {name: cluster, mountPath: /run/habitarena/cluster, readOnly: true}
      {{- end }}
      {{- if $kafkaVolume }}
      - {name: kafka, mountPath: /run/habitarena/kafka, readOnly: true}
      {{- end }}
      {{- if and $archive $root.Values.archive.claim }}
      - {name: archive, mountPath: /archive, readOnly: true}
      {{- end }}
volumes:
  {{- include "arena.secretVolume" (dict "root" $root "schemas" $schemas "keys" $keys) | nindent 2 }}
  {{- if $checks }}
  - name: cluster
    projected:
      defaultMode: 0440
      sources:
        - serviceAccountToken: {path: token, expirationSeconds: 3600}
        - configMap:
            name: kube-root-ca.crt
            items:
              - {key: ca.crt, path: ca.crt}
  {{- end }}
  {{- with $kafkaVolume }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- if and $archive $root.Values.archive.claim }}
  {{- include "arena.archiveVolume" $root | nindent 2 }}
  {{- end }}
{{- end -}}

{{- define "arena.env" -}}
{{- $values := .root.Values -}}
- {name: ARENA_HOST, value: 0.0.0.0}
- {name: ARENA_PORT, value: "8000"}
- {name: ARENA_METRICS_PORT, value: "8001"}
- {name: ARENA_LOG_LEVEL, value: {{ $values.logLevel }}}
- {name: ARENA_REGISTRATION, value: {{ $values.registration }}}
{{- if include "arena.schemas" . | fromJsonArray }}
- {name: ARENA_DATABASE_URL, value: {{ include "arena.databaseUrl" .root | quote }}}
- {name: ARENA_DATABASE_PASSWORDS, value: /run/habitarena/secrets/database}
{{- end }}
- {name: ARENA_INTERNAL_TOKEN_FILE, value: /run/habitarena/secrets/internal-token}
{{- if has "identity" (.entry.serve | default list) }}
- {name: ARENA_SIGNING_KEYS, value: /run/habitarena/secrets/signing-keys}
{{- end }}
{{- with include "arena.addresses" . }}
- {name: ARENA_SERVICES, value: {{ . | quote }}}
{{- end }}
{{- with $values.trustedProxies }}
- {name: ARENA_TRUSTED_PROXIES, value: {{ join "," . | quote }}}
{{- end }}
- {name: OTEL_SERVICE_NAME, value: arena-{{ .name }}}
{{- with $values.telemetry.otlpEndpoint }}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }}}
{{- end }}
{{- end -}}

{{/* By what the operator's token is checked: the cluster's keys, asked for as a ServiceAccount that may do nothing. */}}
{{- define "arena.operatorEnv" -}}
{{- with .Values.operator -}}
- {name: ARENA_PLATFORM_ISSUER, value: {{ .issuer | quote }}}
- {name: ARENA_PLATFORM_SUBJECTS, value: "system:serviceaccount:{{ .namespace | default $.Release.Namespace }}:{{ .serviceAccount }}"}
- {name: ARENA_PLATFORM_JWKS, value: {{ .jwks | quote }}}
- {name: ARENA_PLATFORM_CA, value: /run/habitarena/cluster/ca.crt}
- {name: ARENA_PLATFORM_JWKS_TOKEN_FILE, value: /run/habitarena/cluster/token}
{{- end -}}
{{- end -}}
