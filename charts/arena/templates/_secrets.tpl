{{- define "arena.secretName" -}}
{{- .Values.secrets.existing | default (printf "%s-secrets" (include "common.fullname" .)) -}}
{{- end -}}

{{/* The keys that the Secret has, as JSON. */}}
{{- define "arena.secretKeys" -}}
{{- $edges := include "arena.edges" . | fromJson -}}
{{- $keys := list "internal-token" "signing-keys" -}}
{{- if .Values.postgres.enabled -}}{{- $keys = append $keys "database-admin" -}}{{- end -}}
{{- range $edges.database -}}{{- $keys = append $keys (printf "database-%s" .) -}}{{- end -}}
{{- toJson $keys -}}
{{- end -}}

{{/* What is in the Secret, as JSON: what is there stays, what is missing is made. Made once a rendering, as what is made is random. */}}
{{- define "arena.secretData" -}}
{{- if not (hasKey .Values "_secretData") -}}
{{- $found := (lookup "v1" "Secret" .Release.Namespace (include "arena.secretName" .)).data | default dict -}}
{{- $data := deepCopy $found -}}
{{- if not .Values.secrets.existing -}}
{{- range include "arena.secretKeys" . | fromJsonArray -}}
{{- if not (hasKey $data .) -}}
{{- $_ := set $data . (ternary (genPrivateKey "ed25519") (randAlphaNum 43) (eq . "signing-keys") | b64enc) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $_ := set .Values "_secretData" $data -}}
{{- end -}}
{{- toJson .Values._secretData -}}
{{- end -}}

{{/* The annotation by which a pod is replaced when a secret changes. */}}
{{- define "arena.secretsDigest" -}}
{{- include "arena.secretData" . | sha256sum -}}
{{- end -}}

{{- define "arena.databaseUrl" -}}
{{- if .Values.postgres.enabled -}}
postgresql://postgres@{{ include "common.fullname" . }}-postgres:5432/arena
{{- else -}}
{{- .Values.database.url -}}
{{- end -}}
{{- end -}}

{{/* The Secret's keys as files: database/SERVICE for these services, and these other keys; and /tmp. Takes root, schemas, keys; sources, room. */}}
{{- define "arena.secretVolume" -}}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- if or .keys .schemas }}{{/* without items it would be all of it */}}
      - secret:
          name: {{ include "arena.secretName" .root }}
          items:
            {{- range .keys }}
            - {key: {{ . }}, path: {{ . }}}
            {{- end }}
            {{- range .schemas }}
            - {key: database-{{ . }}, path: database/{{ . }}}
            {{- end }}
      {{- end }}
      {{- with .sources }}
      {{- . | nindent 6 }}
      {{- end }}
{{- with .root.Values.database.caConfigMap }}
- name: database-ca
  configMap:
    name: {{ . }}
    items:
      - {key: ca.crt, path: ca.crt}
{{- end }}
- name: tmp
  emptyDir:
    sizeLimit: {{ .room | default "64Mi" }}
{{- end -}}

{{- define "arena.secretMounts" -}}
- {name: secrets, mountPath: /run/habitarena/secrets, readOnly: true}
{{- if .Values.database.caConfigMap }}
- {name: database-ca, mountPath: /run/habitarena/database-ca, readOnly: true}
{{- end }}
- {name: tmp, mountPath: /tmp}
{{- end -}}
