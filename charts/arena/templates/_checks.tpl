{{/* What is wrong with the values, or with where they are to be installed: an end with an instruction. */}}
{{- define "arena.check" -}}
{{- $edges := include "arena.edges" . | fromJson -}}
{{- include "arena.checkEach" (dict "root" . "verb" "serve" "known" (keys $edges.services | sortAlpha)) -}}
{{- include "arena.checkEach" (dict "root" . "verb" "work" "known" (keys $edges.workers | sortAlpha)) -}}
{{- include "arena.checkDatabase" . -}}
{{- include "arena.checkKafka" . -}}
{{- include "arena.checkArchive" . -}}
{{- include "arena.checkCluster" . -}}
{{- end -}}

{{- define "arena.checkEach" -}}
{{- $verb := .verb -}}{{- $known := .known -}}{{- $seen := dict -}}
{{- range $name, $entry := include "arena.entries" .root | fromJson -}}
{{- if and $entry.serve $entry.work -}}
{{- fail (printf "\n\nservices.%s has both serve and work: make two entries of it, so that each can be scaled by itself.\n" $name) -}}
{{- end -}}
{{- if not (or $entry.serve $entry.work) -}}
{{- fail (printf "\n\nservices.%s does nothing: say which services it serves (services.%s.serve) or works for (services.%s.work).\n" $name $name $name) -}}
{{- end -}}
{{- range index $entry $verb -}}
{{- if not (has . $known) -}}
{{- fail (printf "\n\nservices.%s.%s names %q, which there is not. Known: %s.\n" $name $verb . (join ", " $known)) -}}
{{- end -}}
{{- if hasKey $seen . -}}
{{- fail (printf "\n\n%q is in %s of both services.%s and services.%s: leave it in one of them (replicas make more pods of it).\n" . $verb (index $seen .) $name) -}}
{{- end -}}
{{- $_ := set $seen . $name -}}
{{- end -}}
{{- end -}}
{{- range $known -}}
{{- if not (hasKey $seen .) -}}
{{- fail (printf "\n\nNo entry of services has %q in its %s: add it to one, for example services.%s.%s.\n" . $verb (ternary "workers" "api" (eq $verb "work")) $verb) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "arena.checkDatabase" -}}
{{- if .Values.postgres.enabled -}}
{{- if .Values.database.url -}}
{{- fail "\n\ndatabase.url is set while postgres.enabled is true: set postgres.enabled=false to use yours, or leave database.url empty.\n" -}}
{{- end -}}
{{- else -}}
{{- if not .Values.database.url -}}
{{- fail "\n\npostgres.enabled is false, so say where your PostgreSQL is: database.url=postgresql://USER@HOST:5432/NAME.\n" -}}
{{- end -}}
{{- if not .Values.database.passwordSecret.name -}}
{{- fail "\n\nThe password of the USER in database.url is read from a Secret: name it in database.passwordSecret.name.\n" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "arena.checkKafka" -}}
{{- with .Values.kafka -}}
{{- $signs := has .security (list "sasl_plaintext" "sasl_tls") -}}
{{- $encrypts := has .security (list "tls" "sasl_tls") -}}
{{- if .enabled -}}
{{- if not .bootstrap -}}
{{- fail "\n\nkafka.enabled is true, so say where your brokers are: kafka.bootstrap=HOST:9092\\,HOST:9092.\n" -}}
{{- end -}}
{{- if and $signs (not .sasl) -}}
{{- fail (printf "\n\nkafka.security is %s, so say how to sign in: kafka.sasl=scram-sha-512, plain, scram-sha-256 or aws-msk-iam.\n" .security) -}}
{{- end -}}
{{- if and .sasl (not $signs) -}}
{{- fail "\n\nkafka.sasl does nothing unless kafka.security is sasl_tls or sasl_plaintext.\n" -}}
{{- end -}}
{{- if and (or .caConfigMap .reader.certificateSecret .relay.certificateSecret) (not $encrypts) -}}
{{- fail "\n\nCertificates (kafka.caConfigMap, kafka.reader.certificateSecret, kafka.relay.certificateSecret) do nothing unless kafka.security is tls or sasl_tls.\n" -}}
{{- end -}}
{{- if eq .sasl "aws-msk-iam" -}}
{{- if or (ne .security "sasl_tls") (not .region) -}}
{{- fail "\n\nkafka.sasl is aws-msk-iam, which needs kafka.security=sasl_tls and kafka.region.\n" -}}
{{- end -}}
{{- else if and .sasl (not (and .passwordSecret .reader.user)) -}}
{{- fail (printf "\n\nkafka.sasl is %s, which needs a user and a password: set kafka.reader.user, and kafka.passwordSecret to a Secret with a key for each user.\n" .sasl) -}}
{{- end -}}
{{- if and (eq .format "avro") (not .schemaRegistry) -}}
{{- fail "\n\nkafka.format is avro, so say where the registry of schemas is: kafka.schemaRegistry=https://HOST.\n" -}}
{{- end -}}
{{- if and .schemaRegistryCaConfigMap (not (hasPrefix "https://" .schemaRegistry)) -}}
{{- fail "\n\nkafka.schemaRegistryCaConfigMap does nothing unless kafka.schemaRegistry begins with https://.\n" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "arena.checkArchive" -}}
{{- with .Values.archive -}}
{{- if and .s3 .claim -}}
{{- fail "\n\narchive.s3 and archive.claim are both set: the archive is in one place, so take the other away.\n" -}}
{{- end -}}
{{- if and .retention (not (or .s3 .claim)) -}}
{{- fail "\n\narchive.retention is set, so say where the archive is: archive.s3=s3://BUCKET/PREFIX or archive.claim=NAME.\n" -}}
{{- end -}}
{{- if and (or .endpoint .roleArn) (not .s3) -}}
{{- fail "\n\narchive.endpoint and archive.roleArn do nothing without archive.s3.\n" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Only where there is a cluster to look at: not in `helm template`. */}}
{{- define "arena.checkCluster" -}}
{{- $namespace := .Release.Namespace -}}
{{- range (lookup "apps/v1" "Deployment" $namespace "").items -}}
{{- $labels := .metadata.labels | default dict -}}
{{- $other := index $labels "app.kubernetes.io/instance" | default "" -}}
{{- if and (eq (index $labels "app.kubernetes.io/name" | default "") "arena") (ne $other $.Release.Name) -}}
{{- fail (printf "\n\nThe namespace %s has HabitArena already, as release %q, and the operator takes what is in a namespace for one platform: run\n  helm upgrade %s … --namespace %s\nto change that one, or install into another namespace.\n" $namespace $other $other $namespace) -}}
{{- end -}}
{{- end -}}
{{- if lookup "v1" "ConfigMap" $namespace "kube-root-ca.crt" -}}
{{- with .Values.secrets.existing -}}
{{- $found := lookup "v1" "Secret" $namespace . -}}
{{- $keys := include "arena.secretKeys" $ | fromJsonArray -}}
{{- if not $found -}}
{{- fail (printf "\n\nThere is no Secret %q (secrets.existing) in namespace %s. Make it with the keys %s, or leave secrets.existing empty to have one made.\n" . $namespace (join ", " $keys)) -}}
{{- end -}}
{{- $name := . -}}
{{- range $keys -}}
{{- if not (hasKey ($found.data | default dict) .) -}}
{{- fail (printf "\n\nThe Secret %q (secrets.existing) in namespace %s has no key %q. It needs %s.\n" $name $namespace . (join ", " $keys)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if .Values.kafka.enabled -}}{{- with .Values.kafka.passwordSecret -}}
{{- $data := (lookup "v1" "Secret" $namespace .).data | default dict -}}
{{- range compact (list $.Values.kafka.reader.user $.Values.kafka.relay.user) -}}
{{- if not (hasKey $data .) -}}
{{- $secret := $.Values.kafka.passwordSecret -}}
{{- fail (printf "\n\nThere is no Secret %q with the key %q (kafka.passwordSecret) in namespace %s. Make it:\n  kubectl create secret generic %s --namespace %s --from-literal=%s=PASSWORD\n" $secret . $namespace $secret $namespace .) -}}
{{- end -}}
{{- end -}}
{{- end -}}{{- end -}}
{{- with .Values.database.passwordSecret -}}
{{- if and .name (not (hasKey ((lookup "v1" "Secret" $namespace .name).data | default dict) .key)) -}}
{{- fail (printf "\n\nThere is no Secret %q with the key %q (database.passwordSecret) in namespace %s. Make it:\n  kubectl create secret generic %s --namespace %s --from-literal=%s=PASSWORD\n" .name .key $namespace .name $namespace .key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
