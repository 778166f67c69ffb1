#!/usr/bin/env bash
# Everything that docs/benchmarks tells of a model's quality: measure_model.sh SPEECH HELD_OUT RUN OUT [MODEL]
#   SPEECH    folder of real speech (validation/ is looked at once)
#   HELD_OUT  folder that `posecast train held-out` wrote
#   RUN       folder of the training run, for the held-out voices of its corpus
#   OUT       folder that gets the tables and the JSON
set -euo pipefail
speech=$1 held_out=$2 run=$3 out=$4 model=${5:-default}
validation="$speech/validation --phones $speech/phones/validation"
mkdir -p "$out"
evaluate() { # evaluate NAME ARGUMENTS...
    local name=$1
    shift
    posecast evaluate "$@" --model "$model" --json "$out/$name.json" >"$out/$name.txt"
    echo "$out/$name.txt"
}
for mode in balanced realtime offline; do
    # shellcheck disable=SC2086
    evaluate "validation-$mode" $validation --seeds 0,1,2 --mode "$mode" --baselines
done
# shellcheck disable=SC2086
evaluate validation-degraded $validation --seeds 0,1,2 --mode balanced --degrade all
evaluate held-out "$held_out" --groups "$held_out/groups.tsv" --seeds 0,1,2 --mode balanced
for look_ahead_ms in 40 80 120; do
    evaluate "held-out-$look_ahead_ms-ms" "$held_out" --mode balanced --look-ahead-ms "$look_ahead_ms"
done
evaluate held-out-degraded "$held_out" --mode balanced --degrade all
evaluate styles "$held_out" --mode balanced --style-response
evaluate long "$held_out" --mode balanced --long 5
evaluate long-realtime "$held_out" --mode realtime --long 5
evaluate nonspeech --nonspeech --mode balanced
posecast train check-styles --run "$run" --clips "$held_out" --model "$model" >"$out/check-styles.json"
posecast train check-speech --run "$run" >"$out/check-speech.json"
posecast train check-speech --run "$run" --member 2 >"$out/check-speech-2.json"
