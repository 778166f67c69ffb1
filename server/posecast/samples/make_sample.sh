#!/bin/sh
# Makes hello.wav, the bundled sample: our own text, spoken by flite (Debian package `flite`).
# The text is rich in p/b/m (lips shut), f/v (teeth on lip) and o/u/w (rounded), with pauses between sentences.
set -eu
cd "$(dirname "$0")"
flite -voice slt -o hello.wav -t \
  "Hello! I am a face, made from speech. \
Maybe my puppy will jump up, and bring five blue boots home. \
Who, how, why, wow!"
