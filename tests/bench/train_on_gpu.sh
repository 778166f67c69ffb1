#!/usr/bin/env bash
# The trainings of the default model side by side on one GPU: train_on_gpu.sh RUN OUT
#   RUN  folder of the training run, with its corpus (see `posecast train unpack`)
#   OUT  folder that gets the logs and the averaged weights in half precision, each as soon as it is made
# How long each training is, is told by the variables below. With the networks of 2.2.0, which had no convolutions, and without a second
# encoder, 8500 steps of 192 crops took 411 s on an H200, and the denoiser 511 s; with those of 2.3.0 this has not been run.
# Every training goes on from its checkpoint in RUN when this is run again.
set -uo pipefail
run=$(realpath "$1") out=$2
: "${ENCODER_STEPS:=6000}" "${FOLD_STEPS:=1500}" "${STYLE_STEPS:=4000}" "${DENOISER_STEPS:=4000}"
: "${DROPOUT:=0.15}" "${ABLATION_STEPS:=0}" "${ENCODER_BATCH:=192}" "${FOLD_BATCH:=128}" "${WORKERS:=14}"
export OMP_NUM_THREADS=1
mkdir -p "$out/logs"

train() { # train NAME RUN ARGUMENTS...: in the background
    local name=$1 folder=$2
    shift 2
    python3 -m posecast train "$@" --run "$folder" --device cuda >"$out/logs/$name.txt" 2>&1 &
}

keep() { # keep CHECKPOINT: the average alone, in half precision, and the log
    python3 - "$1" "$out" <<'PYTHON'
import shutil, sys
from pathlib import Path
import torch

path, out = map(Path, sys.argv[1:])
state = torch.load(path, map_location="cpu", weights_only=True)
average = {name: value.half() for name, value in state["average"].items()}
torch.save({"step": state["step"], "network": {}, "average": average, "optimiser": {}}, out / path.name)
shutil.copy(path.with_suffix(".jsonl"), out / "logs")
PYTHON
}

echo "encoders from $SECONDS s"
train style "$run" style --steps "$STYLE_STEPS" --batch-size 64 --workers "$((WORKERS - 4))"
style=$!
train speech-encoder "$run" speech-encoder --steps "$ENCODER_STEPS" --batch-size "$ENCODER_BATCH" \
    --dropout "$DROPOUT" --workers 4
encoder=$!
train speech-encoder-2 "$run" speech-encoder --member 2 --seed 2 --steps "$ENCODER_STEPS" \
    --batch-size "$ENCODER_BATCH" --dropout "$DROPOUT" --workers 4
second=$!
folds=()
for fold in 0 1; do
    train "without-fold-$fold" "$run" speech-encoder --without-fold "$fold" --steps "$FOLD_STEPS" \
        --batch-size "$FOLD_BATCH" --dropout "$DROPOUT" --workers 3
    folds+=($!)
done
wait "$style"
keep "$run/style_encoder.pt"
cp "$run/statistics.npz" "$out"
wait "${folds[@]}"
echo "folds ended at $SECONDS s"
for fold in 0 1; do keep "$run/speech_encoder_without_$fold.pt" & done

train denoiser "$run" denoiser --steps "$DENOISER_STEPS" --batch-size 64 --workers "$WORKERS"
denoiser=$!
wait "$encoder" "$second"
echo "encoders ended at $SECONDS s"
keep "$run/speech_encoder.pt"
keep "$run/speech_encoder_2.pt"
python3 -m posecast train check-speech --run "$run" >"$out/logs/check-speech.json" 2>"$out/logs/check-speech.txt" &
wait "$denoiser"
echo "denoiser ended at $SECONDS s"
keep "$run/denoiser.pt"

# What each choice brings: the same short training with one thing changed.
if [ "$ABLATION_STEPS" -gt 0 ]; then
    echo "ablations from $SECONDS s"
    ablate() { # ablate NAME ARGUMENTS...
        local folder="$run-$1"
        mkdir -p "$folder" && ln -sfn "$run/corpus" "$folder/corpus"
        train "$1" "$folder" speech-encoder --steps "$ABLATION_STEPS" --batch-size 96 --workers 2 "${@:2}"
    }
    ablate base
    ablate narrow --width 96
    ablate wide --width 256
    ablate patches --without-convolutions
    ablate dropout --dropout 0.3
    ablate synthetic --without librispeech speechocean762 speech_commands
    wait
    for name in base narrow wide patches dropout synthetic; do
        case $name in
            narrow) options=(--width 96) ;;
            wide) options=(--width 256) ;;
            patches) options=(--without-convolutions) ;;
            *) options=() ;;
        esac
        python3 -m posecast train check-speech --run "$run-$name" "${options[@]}" \
            >"$out/logs/check-$name.json" 2>>"$out/logs/$name.txt" &
    done
    wait
fi
wait
(cd "$out" && tar cf logs.tar logs && rm -r logs)
echo "done at $SECONDS s"
