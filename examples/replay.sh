#!/usr/bin/env bash
# Replay a recording at its original timing through the whole chain. Usage: replay.sh RECORDING OUT.zarr [SPEED]
set -euo pipefail
eclips4d run "$1" --out "$2" --speed "${3:-realtime}" --no-view
eclips4d info "$2"
