{{/* Every entry of `services` over the defaults, as JSON: name → settings. Without Kafka, what is only there with it is left out. */}}
{{- define "arena.entries" -}}
{{- $entries := dict -}}
{{- $edges := .Files.Get "edges.yaml" | fromYaml -}}
{{- range $name, $given := .Values.services -}}
{{- if $given -}}
{{- $entry := mergeOverwrite (deepCopy $.Values.defaults) (deepCopy $given) -}}
{{- $works := concat (list) ($entry.work | default list) -}}
{{- if not $.Values.kafka.enabled -}}{{- range $edges.carried -}}{{- $works = without $works . -}}{{- end -}}{{- end -}}
{{- if or $works (not $entry.work) -}}
{{- $_ := set $entry "work" $works -}}
{{- $_ := set $entries $name $entry -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $entries -}}
{{- end -}}

{{- define "arena.edges" -}}
{{- $edges := .Files.Get "edges.yaml" | fromYaml -}}
{{- if not .Values.kafka.enabled -}}
{{- range $edges.carried -}}
{{- $_ := unset $edges.workers . -}}
{{- $_ := set $edges "database" (without $edges.database .) -}}
{{- end -}}
{{- end -}}
{{- toJson $edges -}}
{{- end -}}

{{/* Which entry serves a service, as JSON: service → entry. */}}
{{- define "arena.servedBy" -}}
{{- $by := dict -}}
{{- range $name, $entry := include "arena.entries" . | fromJson -}}
{{- range $entry.serve -}}{{- $_ := set $by . $name -}}{{- end -}}
{{- end -}}
{{- toJson $by -}}
{{- end -}}

{{/* The addresses of the services that a process does not serve itself. Takes root, entry. */}}
{{- define "arena.addresses" -}}
{{- $root := .root -}}{{- $own := .entry.serve | default list -}}
{{- $addresses := list -}}
{{- range $service, $name := include "arena.servedBy" $root | fromJson -}}
{{- if not (has $service $own) -}}
{{- $addresses = append $addresses (printf "%s=http://%s-%s" $service (include "common.fullname" $root) $name) -}}
{{- end -}}
{{- end -}}
{{- join "," $addresses -}}
{{- end -}}

{{/* The services of an entry that have a schema. Takes root, entry. */}}
{{- define "arena.schemas" -}}
{{- $edges := include "arena.edges" .root | fromJson -}}
{{- $own := concat (.entry.serve | default list) (.entry.work | default list) -}}
{{- $schemas := list -}}
{{- range $edges.database -}}{{- if has . $own -}}{{- $schemas = append $schemas . -}}{{- end -}}{{- end -}}
{{- toJson $schemas -}}
{{- end -}}

{{/* Whether an entry serves what the operator calls, so that it asks the cluster for its keys: "true" or nothing. Takes root, entry. */}}
{{- define "arena.checksOperator" -}}
{{- $edges := include "arena.edges" .root | fromJson -}}
{{- if .root.Values.operator.enabled -}}
{{- range $edges.operator -}}{{- if has . ($.entry.serve | default list) -}}true{{- end -}}{{- end -}}
{{- end -}}
{{- end -}}
