#!/usr/bin/env bash
# Everything that docs/benchmarks/gpu tells, on one NVIDIA GPU: measure_gpu.sh OUT
# Needs posecast[gpu,train,bench] and pytest, installed or on PYTHONPATH. No part stops the others: what failed is in
# OUT/parts.jsonl, why in OUT/PART.err. What does not fit into BUDGET_S seconds (150) is left out.
# Without a GPU: DEVICE=cpu RT_STREAMS=1 BAL_STREAMS=1 SECONDS_EACH=1 BATCHES=1 SPEECH_S=6 STEPS=1 BUDGET_S=900 PATIENCE=9.
set -uo pipefail
out=$1
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export PYTHONPATH="$PWD/server${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1
python=${PYTHON:-python3} device=${DEVICE:-cuda} budget_s=${BUDGET_S:-150} seconds=${SECONDS_EACH:-3} speech_s=${SPEECH_S:-12}
: >"$out/parts.jsonl"
part() { # part NAME LIMIT_S COMMAND...
    local name=$1 limit_s=$2 began_s=$SECONDS left_s=$((budget_s - SECONDS)) status
    shift 2
    limit_s=$((limit_s * ${PATIENCE:-1}))
    ((limit_s > left_s)) && limit_s=$left_s
    if ((limit_s < 5)); then
        status=left-out
    else
        timeout -k 5 "$limit_s" "$@" >"$out/$name.out" 2>"$out/$name.err"
        status=$?
    fi
    printf '{"part": "%s", "status": "%s", "seconds": %d, "at_s": %d}\n' "$name" "$status" $((SECONDS - began_s)) "$began_s" |
        tee -a "$out/parts.jsonl"
    [ "$status" = 0 ] || tail -n 4 "$out/$name.err" 2>/dev/null
}
bench() { # bench NAME LIMIT_S ARGUMENTS...: a ladder of live streams; the clients have more cores than the server
    part "$1" "$2" "$python" -m posecast bench --json "$out/$1.json" --repeats 1 --seconds "$seconds" --warm-up-seconds 2 \
        --utterance-seconds 5 --processes "${PROCESSES:-8}" "${@:3}" -- --device "$device" --capacity 1000
}

# Memory and load of the GPU all the while, and what the machine is.
if command -v nvidia-smi >/dev/null; then
    nvidia-smi --query-gpu=timestamp,memory.used,utilization.gpu,clocks.sm,power.draw --format=csv,nounits -lms 500 >"$out/gpu.csv" &
    watching=$!
    trap 'kill "$watching"' EXIT
    part card 10 nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
fi
part machine 20 "$python" -c 'import json, onnxruntime, torch; from posecast.transport.bench.machine import describe_machine as tell
print(json.dumps(tell() | {"torch": torch.__version__, "onnxruntime": onnxruntime.__version__, "providers": onnxruntime.get_available_providers()}))'

# Which way to run the sampler's graph is right, alone and first: a quarter of a minute.
part constructs 30 "$python" tests/bench/bench_gpu_constructs.py --device "$device"

# What is right or wrong, side by side: nothing here is timed.
checks=()
part differences 60 "$python" tests/bench/bench_devices.py --device "$device" --seconds "$speech_s" &
checks+=($!)
for stage in style_encoder denoiser sampler audio; do # the published vectors, in torch and as served
    rm -f "$out/parity-$stage.jsonl"
    part "parity-$stage" 60 env OMP_NUM_THREADS=4 "$python" -m pytest -q -p no:cacheprovider -W default \
        --device "$device" --errors "$out/parity-$stage.jsonl" "tests/parity/test_$stage.py" &
    checks+=($!)
done
wait "${checks[@]}"

# What is timed, one after the other.
part windows 40 "$python" tests/bench/bench_windows.py --device "$device" --seconds "$speech_s" --batches "${BATCHES:-1,4,16,64}"
bench realtime 60 --mode realtime --streams "${RT_STREAMS:-1,32,64,128,256}"
bench balanced 45 --mode balanced --streams "${BAL_STREAMS:-1,64,128,256}"
part real-time-factor 25 "$python" tests/bench/bench_realtime.py --device "$device" --seconds "$speech_s" --repeats 2
part official 45 "$python" tests/bench/bench_official.py --device "$device" --rounds 5 --steps "${STEPS:-10,20,50,500}"
part windows-cpu 20 "$python" tests/bench/bench_windows.py --device cpu --seconds "$speech_s" --batches 1
part server 45 "$python" tests/bench/bench_server.py --device "$device" --repeats 2 --paced 1
