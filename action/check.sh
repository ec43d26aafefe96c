#!/usr/bin/env bash
# Runs the check and sets the action's outputs. Inputs are environment variables, named as in action.yml, and
# TRUSTPROOF, the program. Needs no token and no network.
set -euo pipefail

json="$RUNNER_TEMP/trustproof.json"
rm -f -- "$json"

args=(check "--output=json=$json")
if [ "$ANNOTATIONS" = true ]; then args+=(--format github); else args+=(--format human); fi
if [ -n "$FAIL_ON" ]; then args+=("--fail-on=$FAIL_ON"); fi
if [ "$STRICT" = true ]; then args+=(--strict); fi
if [ -n "$CONFIG" ]; then args+=("--config=$CONFIG"); fi
if [ -n "$BASELINE" ]; then args+=("--baseline=$BASELINE"); fi
if [ -n "$NEW_SINCE" ]; then args+=("--new-since=$NEW_SINCE"); fi
if [ -n "$SARIF_FILE" ]; then args+=("--output=sarif=$SARIF_FILE"); fi
if [ -n "$SARIF_CATEGORY" ]; then args+=("--sarif-category=$SARIF_CATEGORY"); fi
if [ "$SUMMARY" = true ]; then args+=("--output=markdown=$GITHUB_STEP_SUMMARY"); fi

paths=()
while IFS= read -r path; do
  if [ -n "$path" ]; then paths+=("$path"); fi
done <<< "$PATHS"

status=0
"$TRUSTPROOF" "${args[@]}" -- "${paths[@]}" || status=$?

if [ -s "$json" ]; then
  # The report has a key a line; its summary stands at the end, below every text that a stranger may have written.
  awk '
    /^  "summary": \{$/ { inside = 1; total = 0 }
    inside && match($0, /"(critical|high|medium|low|info|possible|suppressed|problems)": [0-9]+/) {
      split(substr($0, RSTART, RLENGTH), pair, "\": ")
      name = substr(pair[1], 2)
      print name "=" pair[2]
      if (name !~ /suppressed|problems/) total += pair[2]
    }
    END { print "findings=" total + 0 }
  ' "$json" > "$RUNNER_TEMP/trustproof.outputs"
  cat "$RUNNER_TEMP/trustproof.outputs" >> "$GITHUB_OUTPUT"
  # Without a baseline and without a commit to compare with, everything is new.
  sed -n 's/^findings=/new=/p' "$RUNNER_TEMP/trustproof.outputs" >> "$GITHUB_OUTPUT"
  if [ -n "$SARIF_FILE" ] && [ -s "$SARIF_FILE" ]; then
    printf 'sarif-file=%s\n' "${SARIF_FILE//$'\n'/}" >> "$GITHUB_OUTPUT"
  fi
fi
exit "$status"
