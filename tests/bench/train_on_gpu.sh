#!/usr/bin/env bash
# The trainings of the default model side by side on one GPU: train_on_gpu.sh RUN OUT
#   RUN  folder of the training run, with its corpus (see `posecast train unpack`)
#   OUT  folder that gets the logs and the averaged weights in half precision, each as soon as it is made
# What each training takes is told by the variables below: so many steps fit into a lease of ten minutes.
# Every training goes on from its checkpoint in RUN when this is run again.
set -uo pipefail
run=$1 out=$2
: "${ENCODER_STEPS:=16000}" "${FOLD_STEPS:=10000}" "${STYLE_STEPS:=5000}" "${DENOISER_STEPS:=4000}"
: "${ABLATION_STEPS:=0}" "${ENCODER_BATCH:=128}" "${FOLD_BATCH:=96}" "${WORKERS:=14}"
export OMP_NUM_THREADS=1
mkdir -p "$out/logs"

train() { # train NAME RUN ARGUMENTS...: in the background
    local name=$1 folder=$2
    shift 2
    python3 -m posecast train "$@" --run "$folder" --device cuda >"$out/logs/$name.txt" 2>&1 &
}

keep() { # keep CHECKPOINT...: the average alone, in half precision, and the log
    python3 - "$out" "$@" <<'PYTHON'
import shutil, sys
from pathlib import Path
import torch

out = Path(sys.argv[1])
for path in map(Path, sys.argv[2:]):
    state = torch.load(path, map_location="cpu", weights_only=True)
    average = {name: value.half() for name, value in state["average"].items()}
    torch.save({"step": state["step"], "network": {}, "average": average, "optimiser": {}}, out / path.name)
    shutil.copy(path.with_suffix(".jsonl"), out / "logs" / f"{path.stem}.jsonl")
PYTHON
}

echo "encoders from $SECONDS s"
train speech-encoder "$run" speech-encoder --steps "$ENCODER_STEPS" --batch-size "$ENCODER_BATCH" \
    --dropout "${DROPOUT:-0.15}" --workers 4
for fold in 0 1; do
    train "without-fold-$fold" "$run" speech-encoder --without-fold "$fold" --steps "$FOLD_STEPS" \
        --batch-size "$FOLD_BATCH" --dropout "${DROPOUT:-0.15}" --workers 3
done
train style "$run" style --steps "$STYLE_STEPS" --batch-size 64 --workers "$((WORKERS - 4))"
wait
keep "$run/speech_encoder.pt" "$run/style_encoder.pt"
cp "$run/statistics.npz" "$out"

echo "denoiser from $SECONDS s"
python3 -m posecast train check-speech --run "$run" >"$out/logs/check-speech.json" 2>"$out/logs/check-speech.txt" &
train denoiser "$run" denoiser --steps "$DENOISER_STEPS" --batch-size 64 --workers "$WORKERS"
wait
keep "$run/denoiser.pt" "$run/speech_encoder_without_0.pt" "$run/speech_encoder_without_1.pt"

# What each choice brings: the same short training with one thing changed.
if [ "$ABLATION_STEPS" -gt 0 ]; then
    echo "ablations from $SECONDS s"
    ablate() { # ablate NAME ARGUMENTS...
        local folder="$run-$1"
        mkdir -p "$folder" && ln -sfn "$run/corpus" "$folder/corpus"
        train "$1" "$folder" speech-encoder --steps "$ABLATION_STEPS" --batch-size 96 --workers 2 "${@:2}"
    }
    ablate base
    ablate narrow --width 128
    ablate wide --width 384
    ablate dropout --dropout 0.3
    ablate synthetic --without librispeech speechocean762 speech_commands
    wait
    for name in base narrow wide dropout synthetic; do
        width=$(case $name in narrow) echo 128 ;; wide) echo 384 ;; *) echo 256 ;; esac)
        python3 -m posecast train check-speech --run "$run-$name" --width "$width" \
            >"$out/logs/check-$name.json" 2>>"$out/logs/$name.txt" &
    done
    wait
fi
(cd "$out" && tar cf logs.tar logs && rm -r logs)
echo "done at $SECONDS s"
