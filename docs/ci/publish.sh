#!/bin/sh
# Publish what `build.py --delta upload --published published.txt --changed-list changes.txt` made.
#
#   SERVER=user@host FOLDER=/srv/www/archive sh docs/ci/publish.sh manifest     print the manifest of what stands there
#   SERVER=user@host FOLDER=/srv/www/archive sh docs/ci/publish.sh publish      put upload/ in place
#   SERVER=user@host FOLDER=/srv/www/archive sh docs/ci/publish.sh back         put the release before the last in place
#
# FOLDER/current is a link to the release that the web server shows, one of FOLDER/releases/. A new release is a copy of
# the last one made of hard links, into which only what changed is written; the link is then changed at once. So readers
# see the old site or the new one, a publication that breaks off changes nothing, and the way back takes a moment.
# Without SERVER the folder is one of this machine.
set -eu
: "${FOLDER:?name the folder on the server}"
KEPT=${KEPT:-5}

there() {
  if [ -n "${SERVER:-}" ]; then
    ssh -o BatchMode=yes "$SERVER" "FOLDER='$FOLDER'; KEPT=$KEPT; set -eu; $1"
  else
    FOLDER=$FOLDER KEPT=$KEPT sh -euc "$1"
  fi
}

# The link is made beside the old one and then takes its name: at no moment is there none.
SHOW='show() { ln -sfn "releases/$1" "$FOLDER/next" && mv -T "$FOLDER/next" "$FOLDER/current"; }'

case "${1:-}" in
manifest)
  there 'cat "$FOLDER/current/.medqa-published" 2>/dev/null || true'
  ;;
publish)
  there '
    mkdir -p "$FOLDER/releases" && rm -rf "$FOLDER/releases/new"
    if [ -e "$FOLDER/current" ]; then cp -al "$FOLDER/current/." "$FOLDER/releases/new"
    else mkdir "$FOLDER/releases/new"; fi'
  sed -n 's/^D //p' changes.txt | there '
    cd "$FOLDER/releases/new" && while IFS= read -r path; do
      rm -f -- "$path" && rmdir -p --ignore-fail-on-non-empty -- "$(dirname -- "$path")" 2>/dev/null || true
    done'
  # tar removes a file before it writes another in its place: the release before keeps its own.
  tar -C upload -cf - . | there 'tar -C "$FOLDER/releases/new" -xf -'
  there "$SHOW"'
    cd "$FOLDER/releases"
    last=$(ls | grep -E "^[0-9]+$" | sort -n | tail -1) && name=$((${last:-0} + 1))
    mv new "$name" && show "$name"
    ls | grep -E "^[0-9]+$" | sort -n | head -n "-$KEPT" | xargs -r rm -rf --'
  ;;
back)
  there "$SHOW"'
    now=$(basename "$(readlink "$FOLDER/current")")
    before=$(ls "$FOLDER/releases" | grep -E "^[0-9]+$" | sort -n | awk -v now="$now" "\$1 < now" | tail -1)
    [ -n "$before" ] || { echo "there is no release before $now" >&2; exit 1; }
    show "$before" && echo "release $before is shown again"'
  ;;
*)
  sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
  exit 2
  ;;
esac
