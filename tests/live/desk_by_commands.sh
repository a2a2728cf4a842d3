#!/bin/sh
# The whole work of the desk by commands, as a script does it: tracks, covers, collections, links, keys.
#
# It's run in a folder with one.wav, two.wav and cover.jpg, with LISTENLINK_SERVER and LISTENLINK_API_KEY set.
# Off a terminal a list is lines with tabs, so `cut` takes its columns.
set -eu

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}
is() {
    [ "$1" = "$2" ] || fail "got:" "$1" "wanted:" "$2"
}
has() {
    case "$1" in
    *"$2"*) ;;
    *) fail "not in it: $2" "$1" ;;
    esac
}
refused() {
    if told=$("$@" 2>&1 </dev/null); then
        fail "this was done: $*" "$told"
    fi
    is "$(printf '%s\n' "$told" | wc -l | tr -d ' ')" 1
}

# --- tracks ---

listenlink engines | cut -f1 | grep -qx studio
one=$(listenlink upload one.wav --engine studio --title 'Late Night' | cut -d' ' -f1)
two=$(listenlink upload two.wav --engine studio | cut -d' ' -f1)
is "$(listenlink tracks list | cut -f1)" "$two
$one"
has "$(listenlink tracks edit "$one" --title 'Late Night Study' --artist 'The Ferry')" 'artist        The Ferry'
is "$(listenlink tracks list --search 'study ferry' | cut -f1,4,5)" "$one	The Ferry	Late Night Study"
is "$(listenlink cover set "$one" cover.jpg)" "$one: Cover set."

# --- what may be done with them ---

is "$(listenlink default-licence)" 'Nothing is declared by default: own recordings are to be listened to only.'
refused listenlink default-licence --declare CC-BY-NC-4.0
has "$told" '--confirm: '
has "$(listenlink default-licence --declare CC-BY-NC-4.0 --confirm --credit 'A label')" 'CC-BY-NC-4.0, credit: A label'
own=$(listenlink upload three.wav --engine own_recording --declare commercial --credit 'Music: us' | cut -d' ' -f1)
has "$(listenlink tracks show "$own")" 'credit        Music: us'
refused listenlink tracks edit "$own" --declare CC-BY-4.0
refused listenlink tracks edit "$own" --credit 'Music: us'
has "$told" '--credit: goes with --declare'
has "$(listenlink tracks edit "$own" --declare CC-BY-4.0 --confirm)" 'declared      CC-BY-4.0'
is "$(listenlink tracks declarations "$own" | cut -f3,4)" "CC-BY-4.0	
commercial	Music: us"
listenlink tracks remove "$own" --yes >/dev/null

# --- collections ---

album=$(listenlink collection make Evening "$one" --description 'Quiet.' | cut -d' ' -f1)
has "$(listenlink collection add "$album" "$two")" 'Evening  2 tracks'
is "$(listenlink collection order "$album" "$two" --first | cut -f2)" "$two
$one"
is "$(listenlink collection order "$album" "$one" "$two" | cut -f2,5)" "$one	Late Night Study
$two	two"
listenlink collection take-out "$album" "$two" >/dev/null
is "$(listenlink collection tracks "$album" | cut -f2)" "$one"
has "$(listenlink collections edit "$album" --name 'Late evening')" 'description  Quiet.'
is "$(listenlink collections list | cut -f1,4)" "$album	Late evening"

# --- links ---

told=$(listenlink share "$album" --expires-in-hours 48 --max-opens 5 --label Ana --hide-preview --strict-open \
    --allow-download)
address=$(printf '%s\n' "$told" | sed -n 1p)
link=$(printf '%s\n' "$told" | sed -n 2p | cut -d' ' -f1)
has "$told" 'opens 5 times, only when somebody presses play, until 20'
has "$told" ', for whoever has it, with download, title and cover hidden until it'\''s opened, label “Ana”'
curl -fsS -o opened.json -H 'Accept: application/json' "$address"
is "$(listenlink links list --search ana --to "$album" | cut -f1-4,6,7)" "$link	active	1	5	Ana	$album"
has "$(listenlink link show "$address")" "$link  active, opened once, opens 5 times"
listenlink link stats "<$address>" | grep -qx '  opens  *1'
has "$(listenlink link stats "$link" --csv)" 'date,opens,listens,'
has "$(listenlink collections stats "$album" --csv)" "$link,"
has "$(listenlink links edit "$address" --no-max-opens --no-end --label Ben --no-download)" \
    'opens without limit, only when somebody presses play, without end, for whoever has it, without download'
new=$(listenlink link rotate "$link" | sed -n 1p)
refused curl -fsS "$address"
refused listenlink link show "$address"
has "$told" 'has no link of yours with this id or address'
curl -fsS -o opened.json -H 'Accept: application/json' "$new"
is "$(listenlink revoke "$new")" "$link: Share link revoked."
refused curl -fsS "$new"
is "$(listenlink links list --to "$album" | cut -f1,2)" "$link	revoked"

# --- keys ---

made=$(listenlink keys make --scopes read,share --expires-in-days 9)
second=$(printf '%s\n' "$made" | sed -n 1p)
key=$(printf '%s\n' "$made" | sed -n 2p | cut -d' ' -f1)
is "$(listenlink tracks list --api-key "$second" --limit 1 | cut -f1)" "$two"
has "$(listenlink keys show "$key")" "$key  active, until 20"
has "$(listenlink keys edit "$key" --no-end)" "$key  active, without end"
refused listenlink keys remove "$key"
has "$told" '--yes: '
listenlink keys remove "$key" --yes >/dev/null
is "$(listenlink keys list --state deactivated | cut -f1)" "$key"
refused listenlink tracks list --api-key "$second"
has "$told" '(API_KEY_DEACTIVATED)'

# --- and everything goes again ---

is "$(listenlink links remove "$link" --yes)" "$link: Share link revoked."
is "$(listenlink tracks remove "$one" "$two" --yes)" "$one: Track deleted.
$two: Track deleted."
is "$(listenlink collections remove "$album" --yes)" "$album: Collection deleted."
is "$(listenlink tracks list)$(listenlink collections list)" ''
echo done
