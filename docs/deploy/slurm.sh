#!/bin/bash
# A job on the nodes of one Slurm allocation: a queue server on the first node, a
# worker on each, and the dataset in the end. Everything it keeps is in FOLDER, on a
# file system that all nodes share; run again with the same FOLDER, it goes on
# where it was stopped.
#
#	FOLDER=/shared/france sbatch docs/deploy/slurm.sh \
#	    --model smollm2-135m --concept France --controls controls.txt
#
#SBATCH --job-name=premlp
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@120
#SBATCH --requeue
set -euo pipefail

: "${FOLDER:?want the folder of the job, on a file system that all nodes share}"
PREMLP=${PREMLP:-premlp}
PORT=${PORT:-$((20000 + SLURM_JOB_ID % 20000))}
host=$(hostname)
mkdir -p "$FOLDER"

# No secret is on a command line: the workers' key and the server's certificate are
# files that the server makes.
url=tls://$host:$PORT
export PREMLP_QUEUE_CA=$FOLDER/queue/server.pem
export PREMLP_QUEUE_NKEY=$FOLDER/queue/client.nk
"$PREMLP" queue-server "$FOLDER/queue" --listen "0.0.0.0:$PORT" --make-cert "$host" &
server=$!
workers=

# Before the time is over, Slurm sends SIGTERM here. The workers give back what they
# have, and the queue keeps it.
stop() {
	trap - TERM
	if [ -n "$workers" ]; then
		kill -TERM "$workers" && wait "$workers" || true
	fi
	kill -TERM "$server" && wait "$server" || true
	exit 143
}
trap stop TERM
trap 'kill -TERM "$server" 2>/dev/null || true' EXIT

# The server makes its files before it is ready, and submit waits until it is.
for _ in $(seq 100); do
	[ -s "$PREMLP_QUEUE_NKEY" ] && [ -s "$PREMLP_QUEUE_CA" ] && break
	sleep 0.1
done
"$PREMLP" submit --json --store "$FOLDER/store" --nats "$url" "$@" >"$FOLDER/submitted.json" &
wait $!
job=$(sed -n 's/^ *"job": "\([0-9a-f]*\)".*/\1/p' "$FOLDER/submitted.json")

srun --kill-on-bad-exit=0 "$PREMLP" worker --store "$FOLDER/store" --nats "$url" \
	--job "$job" --threads "${SLURM_CPUS_PER_TASK:-16}" --grace 60s --until-empty &
workers=$!
wait "$workers"
workers=

"$PREMLP" jobs --store "$FOLDER/store" --nats "$url" "$job"
"$PREMLP" merge "$job" --store "$FOLDER/store" -o "$FOLDER/dataset"
