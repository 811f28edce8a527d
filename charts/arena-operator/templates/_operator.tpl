{{/* What is missing where it is to be installed: an end with an instruction. Only where there is a cluster to look at. */}}
{{- define "operator.check" -}}
{{- if and (lookup "v1" "ConfigMap" .Release.Namespace "kube-root-ca.crt") (not (.Capabilities.APIVersions.Has "habitarena.io/v1alpha1/Battle")) -}}
{{- fail "\n\nThis cluster does not know Battle and BattleSeries. Who administers it installs their definitions first:\n  helm install arena-crds charts/arena-crds\n" -}}
{{- end -}}
{{- end -}}

{{/* The operator's pod. Takes root, component, settings. */}}
{{- define "operator.pod" -}}
{{- $values := .root.Values -}}
{{ include "common.podSpec" (dict "root" .root "serviceAccount" $values.serviceAccount "token" true) }}
terminationGracePeriodSeconds: 30
{{ include "common.placing" . }}
containers:
  - {{- include "common.container" (dict "root" .root "name" "operator") | nindent 4 }}
    env:
      - {name: ARENA_OPERATOR_HOST, value: 0.0.0.0}
      - {name: ARENA_OPERATOR_PORT, value: "8080"}
      - {name: ARENA_OPERATOR_LOG_LEVEL, value: {{ $values.logLevel }}}
      - {name: ARENA_OPERATOR_NAMESPACE, value: {{ .root.Release.Namespace }}}
      - {name: ARENA_OPERATOR_LEASE_NAMESPACE, value: {{ .root.Release.Namespace }}}
      - {name: ARENA_OPERATOR_PLATFORM_URL, value: {{ $values.platform.url | quote }}}
      - {name: ARENA_OPERATOR_LIVE_URL, value: {{ $values.platform.liveUrl | quote }}}
      - {name: ARENA_OPERATOR_TOKEN_FILE, value: /var/run/secrets/habitarena/token}
      - {name: OTEL_SERVICE_NAME, value: arena-operator}
      {{- with $values.telemetry.otlpEndpoint }}
      - {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }}}
      {{- end }}
      {{- with $values.extraEnv }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    ports:
      - {name: http, containerPort: 8080, protocol: TCP}
    {{- include "common.probes" . | nindent 4 }}
    resources:
      {{- toYaml $values.resources | nindent 6 }}
    volumeMounts:
      - {name: token, mountPath: /var/run/secrets/habitarena, readOnly: true}
      - {name: tmp, mountPath: /tmp}
volumes:
  - name: token # what it proves itself with to the platform
    projected:
      defaultMode: 0440
      sources:
        - serviceAccountToken: {path: token, audience: habitarena, expirationSeconds: 3600}
  - name: tmp
    emptyDir:
      sizeLimit: 16Mi
{{- end -}}

{{/* Where the operator may go: names, the API server, the platform, the collector. Rules as JSON. */}}
{{- define "operator.egress" -}}
{{- $ports := list (dict "port" 443 "protocol" "TCP") (dict "port" 6443 "protocol" "TCP") -}}
{{- $rules := list (dict "ports" (list (dict "port" 53 "protocol" "UDP") (dict "port" 53 "protocol" "TCP"))) (dict "ports" $ports) -}}
{{- $platform := dict "matchLabels" (dict "app.kubernetes.io/part-of" "habitarena") -}}
{{- $peer := dict "podSelector" $platform "namespaceSelector" dict -}}
{{- $rules = append $rules (dict "to" (list $peer) "ports" (list (dict "port" "http" "protocol" "TCP"))) -}}
{{- with .Values.telemetry.otlpEndpoint -}}
{{- $rules = append $rules (dict "ports" (list (dict "port" (include "common.portOf" . | int) "protocol" "TCP"))) -}}
{{- end -}}
{{- toJson $rules -}}
{{- end -}}
