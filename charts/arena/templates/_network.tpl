{{/* The components that serve these services. Takes root, services; as JSON. */}}
{{- define "arena.componentsOf" -}}
{{- $by := include "arena.servedBy" .root | fromJson -}}
{{- $names := list -}}
{{- range .services -}}{{- $names = append $names (index $by .) -}}{{- end -}}
{{- $names | uniq | toJson -}}
{{- end -}}

{{/* These components, and a battle's own live where the one it was made after is among them. Takes root, names; as JSON. */}}
{{- define "arena.withDedicated" -}}
{{- $by := include "arena.servedBy" .root | fromJson -}}
{{- has $by.live .names | ternary (append .names "live-dedicated") .names | uniq | sortAlpha | toJson -}}
{{- end -}}

{{/* Which services an entry calls over HTTP, as JSON. Takes root, entry. */}}
{{- define "arena.calls" -}}
{{- $edges := include "arena.edges" .root | fromJson -}}
{{- $calls := list -}}
{{- range .entry.serve -}}{{- $calls = concat $calls (index $edges.services .) -}}{{- end -}}
{{- range .entry.work -}}{{- $calls = concat $calls (index $edges.workers .) -}}{{- end -}}
{{- $own := .entry.serve | default list -}}
{{- $elsewhere := list -}}
{{- range $calls | uniq -}}{{- if not (has . $own) -}}{{- $elsewhere = append $elsewhere . -}}{{- end -}}{{- end -}}
{{- toJson $elsewhere -}}
{{- end -}}

{{/* The entries that call this one, with what the operator makes after them, as JSON. Takes root, entry. */}}
{{- define "arena.callers" -}}
{{- $callers := list -}}
{{- $root := .root -}}{{- $served := .entry.serve | default list -}}
{{- range $name, $entry := include "arena.entries" $root | fromJson -}}
{{- range include "arena.calls" (dict "root" $root "entry" $entry) | fromJsonArray -}}
{{- if has . $served -}}{{- $callers = append $callers $name -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- include "arena.withDedicated" (dict "root" $root "names" ($callers | uniq)) -}}
{{- end -}}

{{/* Who may come in to an entry. Takes root, entry; rules as JSON. */}}
{{- define "arena.ingress" -}}
{{- $edges := include "arena.edges" .root | fromJson -}}
{{- $policy := .root.Values.networkPolicy -}}
{{- $http := list (dict "port" "http" "protocol" "TCP") -}}
{{- $rules := list -}}
{{- if .entry.serve -}}
{{- if $policy.visitors -}}
{{- $callers := append (include "arena.callers" . | fromJsonArray) "test" -}}
{{- $peers := concat (list (dict "podSelector" (include "common.components" $callers | fromYaml))) $policy.visitors -}}
{{- if include "arena.checksOperator" . -}}
{{- $operator := dict "podSelector" (dict "matchLabels" (dict "app.kubernetes.io/part-of" "habitarena" "app.kubernetes.io/component" "operator")) -}}
{{- with .root.Values.operator.namespace -}}
{{- $_ := set $operator "namespaceSelector" (dict "matchLabels" (dict "kubernetes.io/metadata.name" .)) -}}
{{- end -}}
{{- $peers = append $peers $operator -}}
{{- end -}}
{{- $rules = append $rules (dict "from" $peers "ports" $http) -}}
{{- else -}}
{{- $rules = append $rules (dict "ports" $http) -}}
{{- end -}}
{{- end -}}
{{- $readers := $policy.metrics | default (list (dict "namespaceSelector" dict)) -}}
{{- $rules = append $rules (dict "from" $readers "ports" (list (dict "port" "metrics" "protocol" "TCP"))) -}}
{{- toJson $rules -}}
{{- end -}}

{{/* Where an entry may go. Takes root, entry; rules as JSON. */}}
{{- define "arena.egress" -}}
{{- $rules := list (include "arena.dns" . | fromJson) -}}
{{- with include "arena.calls" . | fromJsonArray -}}
{{- $callees := include "arena.componentsOf" (dict "root" $.root "services" .) | fromJsonArray -}}
{{- $to := list (dict "podSelector" (include "common.components" $callees | fromYaml)) -}}
{{- $rules = append $rules (dict "to" $to "ports" (list (dict "port" "http" "protocol" "TCP"))) -}}
{{- end -}}
{{- if include "arena.schemas" . | fromJsonArray -}}
{{- $rules = append $rules (include "arena.toDatabase" .root | fromJson) -}}
{{- $rules = concat $rules (include "arena.toArchive" .root | fromJsonArray) -}}
{{- end -}}
{{- if include "arena.kafkaAs" . -}}
{{- $rules = append $rules (include "arena.toKafka" .root | fromJson) -}}
{{- end -}}
{{- if include "arena.checksOperator" . -}}
{{- $rules = append $rules (dict "ports" (list (dict "port" 443 "protocol" "TCP") (dict "port" 6443 "protocol" "TCP"))) -}}
{{- end -}}
{{- with .root.Values.telemetry.otlpEndpoint -}}
{{- $rules = append $rules (dict "ports" (list (dict "port" (include "common.portOf" . | int) "protocol" "TCP"))) -}}
{{- end -}}
{{- toJson $rules -}}
{{- end -}}

{{- define "arena.dns" -}}
{{- dict "ports" (list (dict "port" 53 "protocol" "UDP") (dict "port" 53 "protocol" "TCP")) | toJson -}}
{{- end -}}

{{/* The way to the database: the chart's own pod, or the port of yours wherever it is. Takes the root; a rule as JSON. */}}
{{- define "arena.toDatabase" -}}
{{- if .Values.postgres.enabled -}}
{{- dict "to" (list (dict "podSelector" (include "common.components" (list "postgres") | fromYaml))) "ports" (list (dict "port" "postgres" "protocol" "TCP")) | toJson -}}
{{- else -}}
{{- dict "ports" (list (dict "port" (include "common.portOf" .Values.database.url | int) "protocol" "TCP")) | toJson -}}
{{- end -}}
{{- end -}}
