#!/usr/bin/env bash
# Runs premlp beside its peers: run.sh [--runs N] [--only prefill,job] …; see run.py --help.
# The peers live in bench/.venv, made from requirements.txt, or in the
# environment that PREMLP_PEERS_VENV names.
set -euo pipefail
cd "$(dirname "$0")/../.."

wanted=bench/peers/requirements.txt
venv=${PREMLP_PEERS_VENV-}
if [ -z "$venv" ]; then
	venv=bench/.venv
	if ! cmp -s "$wanted" "$venv/made-for.txt"; then
		python3 -m venv --clear "$venv"
		echo '*' >"$venv/.gitignore"
		"$venv/bin/python" -m pip install --disable-pip-version-check --quiet -r "$wanted"
		cp "$wanted" "$venv/made-for.txt"
	fi
fi
exec "$venv/bin/python" -B bench/peers/run.py "$@"
