#!/bin/sh
# How much the folders of a job take: {"folders":["/var/log"]} has the result {"kilobytes": 4711}.
# The params come on standard input, the result goes to standard output, what is for people to the journal.
# Exit status: 0 done, 75 try again later, anything else has failed.
set -eu

params=$(cat)
folders=$(printf '%s' "$params" | sed -n 's/.*"folders" *: *\[\([^]]*\)\].*/\1/p' | tr -d '"' | tr ',' ' ')
[ -n "$folders" ] || { echo "no folders in $params" >&2; exit 2; }

total=0
for folder in $folders; do
    echo "job $MILLRACE_JOB_ID: measuring $folder" >&2
    [ -e "$folder" ] || { echo "$folder is not there yet, trying again later" >&2; exit 75; }
    size=$(du -sk -- "$folder" | cut -f 1)
    total=$((total + size))
done
printf '{"kilobytes":%d}\n' "$total"
