{{/* A Deployment. Takes root, component, name, settings (replicas, autoscaling, …), podAnnotations, pod (the pod's spec as text). */}}
{{- define "common.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "common.metadata" . | nindent 2 }}
spec:
  {{- if not (dig "autoscaling" "enabled" false .settings) }}
  replicas: {{ .settings.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  progressDeadlineSeconds: 300
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  selector:
    matchLabels:
      {{- include "common.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "common.podLabels" . | nindent 8 }}
        {{- with .settings.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with mergeOverwrite (dict) (.podAnnotations | default dict) (.settings.podAnnotations | default dict) }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- .pod | nindent 6 }}
{{- end -}}

{{/* A Job whose name tells what it does: it cannot be changed, so another spec is another Job. Takes root, component, name, seconds, podAnnotations, pod. */}}
{{- define "common.job" -}}
{{- $spec := include "common.jobSpec" . -}}
apiVersion: batch/v1
kind: Job
metadata:
  {{- $name := printf "%s-%s" .name (sha256sum $spec | trunc 8) }}
  {{- include "common.metadata" (merge (dict "name" $name) .) | nindent 2 }}
spec:
  {{- $spec | nindent 2 }}
{{- end -}}

{{- define "common.jobSpec" -}}
backoffLimit: 10
activeDeadlineSeconds: {{ .seconds }}
template:
  metadata:
    labels:
      {{- include "common.podLabels" . | nindent 6 }}
    {{- with .podAnnotations }}
    annotations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  spec:
    restartPolicy: OnFailure
    {{- .pod | nindent 4 }}
{{- end -}}

{{/*
A CronJob, each run of which is one try: what failed is done by the next. Without a schedule it is suspended, for Jobs that are made of it.
Takes root, component, name, schedule, pod.
*/}}
{{- define "common.cronjob" -}}
apiVersion: batch/v1
kind: CronJob
metadata:
  {{- include "common.metadata" . | nindent 2 }}
spec:
  schedule: {{ .schedule | default "0 0 1 1 *" | quote }}
  suspend: {{ not .schedule }}
  concurrencyPolicy: Forbid
  jobTemplate:
    metadata:
      labels:
        {{- include "common.podLabels" . | nindent 8 }}
    spec:
      backoffLimit: 0
      template:
        metadata:
          labels:
            {{- include "common.podLabels" . | nindent 12 }}
        spec:
          restartPolicy: Never
          {{- .pod | nindent 10 }}
{{- end -}}

{{/* A Service in front of a Deployment: port 80 → http. Takes root, component, name. */}}
{{- define "common.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "common.metadata" . | nindent 2 }}
spec:
  type: ClusterIP
  selector:
    {{- include "common.selector" . | nindent 4 }}
  ports:
    - name: http
      port: 80
      targetPort: http
      protocol: TCP
      appProtocol: http
{{- end -}}

{{/*
An autoscaler by CPU. Takes root, component, name, settings.
While the operator has raised its floor over what is set here, that floor is left alone: two cannot set one field (server-side apply).
*/}}
{{- define "common.hpa" -}}
{{- $least := .settings.autoscaling.minReplicas -}}
{{- $found := lookup "autoscaling/v2" "HorizontalPodAutoscaler" .root.Release.Namespace .name -}}
{{- $notes := ($found.metadata).annotations | default dict -}}
{{- if and (hasKey $notes "habitarena.io/floor") (eq (get $notes "habitarena.io/base-min-replicas") (toString $least)) -}}
{{- $least = $found.spec.minReplicas -}}
{{- end -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "common.metadata" . | nindent 2 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ .name }}
  minReplicas: {{ $least }}
  maxReplicas: {{ .settings.autoscaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ .settings.autoscaling.targetCPUUtilization }}
{{- end -}}

{{/*
One pod at a time may be evicted; one that is not ready, always. Takes root, component, name.
While the operator protects a battle with it, its limit is left alone, as that of an autoscaler.
*/}}
{{- define "common.pdb" -}}
{{- $most := 1 -}}
{{- $found := lookup "policy/v1" "PodDisruptionBudget" .root.Release.Namespace .name -}}
{{- if hasKey (($found.metadata).annotations | default dict) "habitarena.io/base-disruption" -}}
{{- $most = $found.spec.maxUnavailable -}}
{{- end -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "common.metadata" . | nindent 2 }}
spec:
  maxUnavailable: {{ $most }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "common.selector" . | nindent 6 }}
{{- end -}}

{{/* A NetworkPolicy of the pods of some components. Takes root, component, name, components, ingress and egress (lists of rules). */}}
{{- define "common.networkpolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "common.metadata" . | nindent 2 }}
spec:
  podSelector:
    {{- include "common.components" .components | nindent 4 }}
  policyTypes: [Ingress, Egress]
  ingress: {{- if .ingress }}{{ toYaml .ingress | nindent 4 }}{{ else }} []{{ end }}
  egress: {{- if .egress }}{{ toYaml .egress | nindent 4 }}{{ else }} []{{ end }}
{{- end -}}

{{/* HabitArena's pods of these components, whoever made them: a battle's own live pods are the operator's. Takes a list. */}}
{{- define "common.components" -}}
matchLabels:
  app.kubernetes.io/part-of: habitarena
matchExpressions:
  - key: app.kubernetes.io/component
    operator: In
    values: {{ toJson (. | uniq | sortAlpha) }}
{{- end -}}
