#!/usr/bin/env bash
# Everything that docs/benchmarks tells of live streams: measure_streaming.sh OUT [FLAG OF serve]...
# Needs posecast[bench,plot] and a quiet machine; takes about 20 minutes; SECONDS_EACH=8 REPEATS=1 make it short.
set -euo pipefail
out=$1
shift
mkdir -p "$out"
bench() { # bench NAME ARGUMENTS...
    local name=$1
    shift
    posecast bench --json "$out/$name.json" "$@" >"$out/$name.txt"
    echo "$out/$name.txt"
}
seconds=${SECONDS_EACH:-15} repeats=${REPEATS:-3}
here=$(dirname "$0")
# The ladders go past what would be let in, to show where it breaks.
open=(-- --capacity 100 "$@")
bench realtime --streams 1,4,8,12,16,20 --mode realtime --seconds "$seconds" --utterance-seconds 5 --interrupt-every 3 --repeats "$repeats" --echo "${open[@]}"
bench balanced --streams 1,12,20,28 --mode balanced --seconds "$seconds" --utterance-seconds 5 --interrupt-every 3 --repeats "$repeats" "${open[@]}"
bench shortest --streams 1,4 --mode realtime --window-frames 1 --look-ahead-ms 40 --seconds "$seconds" --repeats "$repeats" "${open[@]}"
bench at-once --streams 1,4,12 --mode balanced --arrival at-once --seconds 15 --utterance-seconds 5 --interrupt-every 3 --repeats "$repeats" "${open[@]}"
# Where it breaks.
bench realtime-beyond --streams 24,32,40,48 --mode realtime --seconds "$seconds" --utterance-seconds 5 --interrupt-every 3 --repeats 1 "${open[@]}"
bench balanced-beyond --streams 44,60,80 --mode balanced --seconds "$seconds" --utterance-seconds 5 --interrupt-every 3 --repeats 1 "${open[@]}"
# And what happens to the first ones when a hundred come, with the limits as they are served.
bench past --streams 12 --mode realtime --seconds 12 --repeats 1 --past 100 -- "$@"
python "$here/plot_lateness.py" "$out/lateness.png" "$out/realtime.json,$out/realtime-beyond.json" "$out/balanced.json,$out/balanced-beyond.json"
