{{/* The name that all names of a release begin with: the release's, with the chart's unless it is in it. */}}
{{- define "common.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What pods are selected by: never changed, as a selector cannot be. Takes root, component. */}}
{{- define "common.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* The labels of a pod: no version, so that a release that changes nothing of a pod leaves it alone. Takes root, component. */}}
{{- define "common.podLabels" -}}
{{ include "common.selector" . }}
app.kubernetes.io/part-of: habitarena
{{- end -}}

{{/* The labels of every object. Takes root, component. */}}
{{- define "common.labels" -}}
{{ include "common.podLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* The metadata of an object. Takes root, component, name; annotations. */}}
{{- define "common.metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "common.labels" . | nindent 2 }}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The image, by digest where one is given. Takes the root. */}}
{{- define "common.image" -}}
{{- $name := .Values.image.repository -}}
{{- with .Values.global.imageRegistry }}{{ $name = printf "%s/%s" (trimSuffix "/" .) $name }}{{ end -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $name .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* The port of an address: the one it names, or its scheme's. Takes a URL. */}}
{{- define "common.portOf" -}}
{{- $address := urlParse . -}}
{{- $defaults := dict "https" "443" "http" "80" "postgresql" "5432" -}}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $address.host) | default (index $defaults $address.scheme) -}}
{{- end -}}
