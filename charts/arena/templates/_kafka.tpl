{{/* As whom an entry meets Kafka: "relay", "reader" or nothing. Takes root, entry. */}}
{{- define "arena.kafkaAs" -}}
{{- $edges := include "arena.edges" .root | fromJson -}}
{{- if .root.Values.kafka.enabled -}}
{{- if has "relay" (.entry.work | default list) -}}
relay
{{- else -}}
{{- $meets := false -}}
{{- range .entry.serve -}}{{- if has . $edges.kafka.services -}}{{- $meets = true -}}{{- end -}}{{- end -}}
{{- range .entry.work -}}{{- if has . $edges.kafka.workers -}}{{- $meets = true -}}{{- end -}}{{- end -}}
{{- ternary "reader" "" $meets -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Where and who these are; the relay is the reader unless it is said to be somebody else. Takes root, as; as JSON. */}}
{{- define "arena.kafkaAccount" -}}
{{- $kafka := .root.Values.kafka -}}
{{- $own := index $kafka .as -}}
{{- dict "user" ($own.user | default $kafka.reader.user) "certificateSecret" ($own.certificateSecret | default $kafka.reader.certificateSecret) | toJson -}}
{{- end -}}

{{- define "arena.kafkaServiceAccount" -}}
{{- include "common.fullname" .root -}}{{- if eq .as "relay" -}}-relay{{- end -}}
{{- end -}}

{{/* The environment of a process that meets Kafka. Takes root, as. */}}
{{- define "arena.kafkaEnv" -}}
{{- $account := include "arena.kafkaAccount" . | fromJson -}}
{{- with .root.Values.kafka -}}
- {name: ARENA_BUS, value: kafka}
- {name: ARENA_KAFKA_BOOTSTRAP, value: {{ .bootstrap | quote }}}
{{- if ne .prefix "habitarena" }}
- {name: ARENA_KAFKA_PREFIX, value: {{ .prefix }}}
{{- end }}
- {name: ARENA_KAFKA_SECURITY, value: {{ .security }}}
{{- if .caConfigMap }}
- {name: ARENA_KAFKA_CA, value: /run/habitarena/kafka/ca.crt}
{{- end }}
{{- if $account.certificateSecret }}
- {name: ARENA_KAFKA_CERTIFICATE, value: /run/habitarena/kafka/tls.crt}
- {name: ARENA_KAFKA_KEY, value: /run/habitarena/kafka/tls.key}
{{- end }}
{{- if .sasl }}
- {name: ARENA_KAFKA_SASL, value: {{ .sasl }}}
{{- if eq .sasl "aws-msk-iam" }}
- {name: ARENA_KAFKA_REGION, value: {{ .region }}}
{{- else }}
- {name: ARENA_KAFKA_USER, value: {{ $account.user | quote }}}
- {name: ARENA_KAFKA_PASSWORD_FILE, value: /run/habitarena/kafka/password}
{{- end }}
{{- end }}
- {name: ARENA_KAFKA_FORMAT, value: {{ .format }}}
{{- if .schemaRegistry }}
- {name: ARENA_SCHEMA_REGISTRY, value: {{ .schemaRegistry | quote }}}
{{- end }}
{{- if .schemaRegistryCaConfigMap }}
- {name: ARENA_SCHEMA_REGISTRY_CA, value: /run/habitarena/kafka/registry-ca.crt}
{{- end }}
{{- end -}}
{{- end -}}

{{/* Certificates and password as files, if there are any. Takes root, as. */}}
{{- define "arena.kafkaVolume" -}}
{{- $account := include "arena.kafkaAccount" . | fromJson -}}
{{- with .root.Values.kafka -}}
{{- $password := and .sasl (ne .sasl "aws-msk-iam") -}}
{{- if or .caConfigMap .schemaRegistryCaConfigMap $account.certificateSecret $password -}}
- name: kafka
  projected:
    defaultMode: 0440
    sources:
      {{- if .caConfigMap }}
      - configMap:
          name: {{ .caConfigMap }}
          items:
            - {key: ca.crt, path: ca.crt}
      {{- end }}
      {{- if .schemaRegistryCaConfigMap }}
      - configMap:
          name: {{ .schemaRegistryCaConfigMap }}
          items:
            - {key: ca.crt, path: registry-ca.crt}
      {{- end }}
      {{- if $account.certificateSecret }}
      - secret:
          name: {{ $account.certificateSecret }}
          items:
            - {key: tls.crt, path: tls.crt}
            - {key: tls.key, path: tls.key}
      {{- end }}
      {{- if $password }}
      - secret:
          name: {{ .passwordSecret }}
          items:
            - {key: {{ $account.user }}, path: password}
      {{- end }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The way to the brokers, to the registry, and to what lends a role in AWS (STS, or the agent on the node): ports, wherever they are. Takes the root; a rule as JSON. */}}
{{- define "arena.toKafka" -}}
{{- $ports := list -}}
{{- range splitList "," .Values.kafka.bootstrap -}}{{- $ports = append $ports (regexFind "[0-9]+$" . | int) -}}{{- end -}}
{{- with .Values.kafka.schemaRegistry -}}{{- $ports = append $ports (include "common.portOf" . | int) -}}{{- end -}}
{{- if eq .Values.kafka.sasl "aws-msk-iam" -}}{{- $ports = concat $ports (list 443 80) -}}{{- end -}}
{{- $rules := list -}}
{{- range $ports | uniq -}}{{- $rules = append $rules (dict "port" . "protocol" "TCP") -}}{{- end -}}
{{- dict "ports" $rules | toJson -}}
{{- end -}}

{{/* The Deployment in which the relay works. Takes the root. */}}
{{- define "arena.relayEntry" -}}
{{- range $name, $entry := include "arena.entries" . | fromJson -}}
{{- if has "relay" ($entry.work | default list) -}}{{- printf "%s-%s" (include "common.fullname" $) $name -}}{{- end -}}
{{- end -}}
{{- end -}}
