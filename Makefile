# premlp. `make help` lists the targets.

GO        ?= go
FUZZTIME  ?= 60s
BIN       := bin/premlp$(shell $(GO) env GOEXE)
MODEL     ?= tiny-countries
OUT       ?= out/france-$(notdir $(MODEL))
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

# The commit is stamped into the program where git works here.
VCS := $(shell git rev-parse HEAD >/dev/null 2>&1 && echo true || echo false)

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/premlp
	$(GO) build -trimpath -buildvcs=$(VCS) -o $(BIN) ./cmd/premlp

.PHONY: gpu
gpu: ## build bin/premlp-gpu, which can also compute on NVIDIA cards: docs/cuda.md
	@env=$$(.ci/gpu-env) && eval "$$env" && set -x && \
	$(GO) build -tags gpu -trimpath -buildvcs=$(VCS) -o bin/premlp-gpu ./cmd/premlp

.PHONY: cloud
cloud: ## build bin/premlp-cloud, whose jobs can also keep their blocks in S3, GCS and Azure: docs/scaling-out.md
	$(GO) build -tags cloud -trimpath -buildvcs=$(VCS) -o bin/premlp-cloud$(shell $(GO) env GOEXE) ./cmd/premlp

.PHONY: test-cloud
test-cloud: ## the tests of the cloud build, on a server of S3's protocol
	@env=$$(.ci/s3-server) && eval "$$env" && set -x && \
	$(GO) vet -tags cloud ./collect/jobs/store/... ./cmd/premlp && \
	$(GO) tool staticcheck -tags cloud ./collect/jobs/store/... && \
	$(GO) test -tags cloud ./collect/jobs/store/...

.PHONY: debug
debug: ## build bin/premlp-debug for a debugger: docs/debugging.md
	$(GO) build -gcflags 'premlp/...=-N -l' -buildvcs=$(VCS) -o bin/premlp-debug$(shell $(GO) env GOEXE) ./cmd/premlp

.PHONY: run
run: build ## a dataset about France, verified, and its report: by the model in the program, or MODEL=smollm2-135m
	$(BIN) pull $(MODEL)
	$(BIN) collect --model $(MODEL) --concept France --controls docs/examples/france-controls.txt -o $(OUT)
	$(BIN) verify $(OUT)
	$(BIN) report $(OUT) -o $(OUT).html

# The plain run comes last but for the gpu build's, so that the last lines are the
# results of all tests.
# Under the race detector and in plain Go the real model would take too long, and
# so would every architecture in the tests that run each many times.
.PHONY: test
test: build lint cross ## everything that must pass: lint, cross-builds, tests, race detector
	@env=$$(.ci/test-env) && eval "$$env" && set -x && \
	PREMLP_TEST_SMOLLM2= $(GO) test -race -short -timeout 30m ./... && \
	PREMLP_TEST_SMOLLM2= $(GO) test -tags noasm -short -timeout 30m ./layers/... ./model/... ./collect/direction/internal/... && \
	$(GO) test -timeout 30m ./... && \
	$(MAKE) --no-print-directory test-gpu

# On the fake driver: no card is needed, and none is used. What a fresh machine lacks
# for it is fetched; where it cannot be had, that is said and no test runs.
.PHONY: test-gpu
test-gpu: ## the tests of the gpu build, on a fake driver
	@if ! env=$$(.ci/gpu-env test); then echo "warning: the gpu build is not tested" >&2; exit 0; fi; \
	eval "$$env" && set -x && \
	$(GO) vet -tags gpu ./layers/internal/gpu/... ./model ./cmd/premlp && \
	$(GO) tool staticcheck -tags gpu ./layers/internal/gpu/... ./model ./cmd/premlp && \
	$(GO) test -tags gpu -count=1 -run 'Driver|Device|PTX' ./layers/internal/gpu ./cmd/premlp && \
	$(GO) test -tags gpu -count=1 -run 'OnDriver' ./model

.PHONY: gpu-check
gpu-check: gpu ## on a machine with an NVIDIA card: bits, memory and speed beside the CPU's
	.ci/gpu-check bin/premlp-gpu

.PHONY: ptx
ptx: ## compile the kernels for NVIDIA cards again, with clang 14
	layers/internal/gpu/kernels/compile layers/internal/gpu/kernels/kernels.ptx
	layers/internal/gpu/kernels/compile layers/internal/gpu/kernels/kernels80.ptx
	layers/internal/gpu/kernels/compile layers/internal/gpu/kernels/kernels90a.ptx

.PHONY: lint
lint: ## gofmt, go vet, staticcheck
	@files=$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go' 2>/dev/null || find . -name '*.go')); \
	if [ -n "$$files" ]; then echo "gofmt: want formatted files, have:"; echo "$$files"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

.PHONY: cross
cross: ## build for every platform, without cgo
	@set -e; for p in $(PLATFORMS); do \
		echo "build $$p"; CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) build ./...; \
	done

.PHONY: reproducible
reproducible: ## build twice from the last commit, in two folders, and compare the programs
	GO=$(GO) .ci/reproducible

.PHONY: bench
bench: build ## products, passes, the job and loading, beside the machine's limits; JSON in out/bench
	@mkdir -p out/bench
	$(BIN) pull smollm2-135m
	$(BIN) bench kernels -o out/bench/kernels.json
	$(BIN) bench forward --model smollm2-135m -o out/bench/forward.json
	$(BIN) bench job --model smollm2-135m --concept France --controls docs/examples/france-controls.txt -o out/bench/job.json
	$(BIN) bench decode --model smollm2-135m -o out/bench/decode.json
	$(BIN) bench load --model smollm2-135m -o out/bench/load.json

.PHONY: bench-peers
bench-peers: build ## PyTorch, TransformerLens and llama.cpp beside premlp; JSON, table and picture in out/bench-peers
	$(BIN) pull smollm2-135m
	bench/peers/run.sh $(PEERS)

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (60s)
	@set -e; for p in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
			echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s $$p; \
		done; \
	done

.PHONY: clean
clean: ## remove what the other targets made here (not the model cache)
	rm -rf bin out .venv bench/.venv
