{{/* The container that all workloads share; its words are handed in. */}}
{{- define "open311.pod" -}}
securityContext: {runAsNonRoot: true, runAsUser: 8311, runAsGroup: 8311, fsGroup: 8311, seccompProfile: {type: RuntimeDefault}}
automountServiceAccountToken: false
volumes:
  - name: data
    persistentVolumeClaim: {claimName: {{ .root.Release.Name }}-photos}
  - name: tmp
    emptyDir: {}
  {{- if .root.Values.catalogue }}
  - name: catalogue
    # The job runs before the rest is made, and needs none; without this word it would wait for the first one for ever.
    configMap: {name: {{ .root.Release.Name }}-catalogue, optional: true}
  {{- end }}
containers:
  - name: open311
    image: {{ .root.Values.image | quote }}
    args: {{ .args | toJson }}
    securityContext: {readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
    envFrom:
      - secretRef: {name: {{ .root.Values.secret }}}
      - configMapRef: {name: {{ .root.Release.Name }}-settings}
    volumeMounts:
      - {name: data, mountPath: /var/lib/open311}
      - {name: tmp, mountPath: /tmp}
      {{- if .root.Values.catalogue }}
      - {name: catalogue, mountPath: /etc/open311}
      {{- end }}
{{- end -}}
