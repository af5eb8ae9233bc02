"""What is run: groups of tasks that do the same work by different programs."""
import json, os, shutil, sys, tempfile

from processes import once

HERE = os.path.dirname(os.path.abspath(__file__))
FILES = ("Q4_1", "Q4_0", "Q8_0", "BF16", "F32")
SHAPES = ((512, 576, 1536), (512, 1536, 576), (512, 576, 576), (2048, 2048, 8192), (16, 576, 1536))  # m, k, n
PREFILL, DECODE = 512, 64  # tokens


class Task:
    """One thing to run once: by a worker of that name and command, or by run itself.

    amount is what one run does, in the unit of its group's rate; beside names
    the row that its time is a multiple of, by default the first of premlp.
    """

    def __init__(self, name, peer, request=None, worker=None, command=None, run=None, tolerance="f32", amount=0, beside=None):
        self.name, self.peer, self.worker, self.command, self.tolerance = name, peer, worker, command, tolerance
        self.amount, self.beside = amount, beside
        self.run = run or (lambda workers: workers[worker].ask(request))


def python(script, settings):
    return [sys.executable, "-B", os.path.join(HERE, script), json.dumps(settings)]


def premlp_task(a, name, request, file="Q4_1", **task):
    command = [a.premlp, "bench", "worker", "--model", a.files.get(file, ""), *a.job[2:], "--threads", str(a.threads)]
    return Task("premlp " + name, "premlp", request, "premlp " + file, command, **task)


def torch_task(a, dtype, name, request, **task):
    settings = {"model": a.folders[dtype], "dtype": dtype, "threads": a.threads, "questions": a.questions, "batch": a.batch}
    return Task(f"PyTorch {dtype}{name}", "torch", request, f"torch {dtype}", python("torch_worker.py", settings), tolerance=dtype, **task)


def lens_task(a, name, request):
    settings = {"model": a.folders["f32"], "threads": a.threads, "questions": a.questions}
    return Task("TransformerLens f32" + name, "lens", request, "lens", python("lens_worker.py", settings))


def llama_task(a, file, request, **task):
    settings = {"model": a.files.get(file, ""), "threads": a.threads}
    return Task(f"llama.cpp {file}", "llama", request, f"llama {file}", python("llama_worker.py", settings), **task)


def products(a, _):
    settings = {"threads": a.threads}
    tasks = []
    for m, k, n in SHAPES:
        gflop = 2e-9 * m * k * n
        times = min(max(1, int(0.2 / gflop)), 1000)
        request = {"work": "products", "shape": [m, k, n], "times": times}
        ours = f"f32, {m} × {k} · {k} × {n}"
        kind = {"amount": times * gflop, "beside": "premlp " + ours}
        tasks += [
            premlp_task(a, ours, request, **kind),
            Task(f"OpenBLAS f32, {m} × {k} · {k} × {n}", "numpy", request, "numpy", python("numpy_worker.py", settings), **kind),
            torch_task(a, "f32", f", {m} × {k} · {k} × {n}", request, **kind),
        ]
    return tasks


def prefill(a, _):
    request, kind = {"work": "prefill", "tokens": PREFILL}, {"amount": PREFILL}
    fast = [premlp_task(a, "--fast-bf16", request | {"work": "prefill_bf16"}, **kind)] if has_bf16(a.machine) else []
    return [
        premlp_task(a, "f32", request, **kind),
        *fast,
        torch_task(a, "f32", "", request, **kind),
        torch_task(a, "bf16", "", request, **kind),
        *(llama_task(a, f, request, **kind) for f in FILES),
    ]


def job(a, _):
    return [
        premlp_task(a, "f32, prefixes shared", {"work": "job"}),
        premlp_task(a, "f32, nothing shared", {"work": "job_unshared"}),
        torch_task(a, "f32", ", batched", {"work": "job"}),
        torch_task(a, "bf16", ", batched", {"work": "job"}),
        torch_task(a, "f32", ", batched, prefix cache reused", {"work": "job_reused"}),
        torch_task(a, "f32", ", one by one", {"work": "job_loop"}),
        lens_task(a, ", one by one", {"work": "job_loop"}),
    ]


def process(a, work):
    def collect(_):
        out = tempfile.mkdtemp(dir=work)
        try:
            seconds, _ = once([a.premlp, "collect", *a.job, "-o", os.path.join(out, "set"), "--threads", str(a.threads), "--json"])
            return {"seconds": seconds}
        finally:
            shutil.rmtree(out)

    def script(dtype):
        def run(_):
            out = tempfile.mkdtemp(dir=work)
            settings = {"model": a.folders[dtype], "dtype": dtype, "threads": a.threads, "questions": a.questions, "batch": a.batch, "out": out}
            try:
                seconds, text = once(python("job_script.py", settings))
                return json.loads(text.splitlines()[-1]) | {"seconds": seconds}
            finally:
                shutil.rmtree(out)

        return Task(f"PyTorch {dtype}, batched script", "torch", run=run, tolerance=dtype)

    return [Task("premlp collect", "premlp", run=collect), script("f32"), script("bf16")]


def decode(a, _):
    request, tasks = {"work": "decode", "tokens": DECODE}, []
    for f in FILES:
        kind = {"amount": DECODE, "beside": "premlp " + f}
        tasks += [premlp_task(a, f, request, f, **kind), llama_task(a, f, request, **kind)]
    return tasks + [torch_task(a, d, "", request, amount=DECODE, beside="premlp " + d.upper()) for d in ("f32", "bf16")]


def load(a, _):
    def ours(_):
        _, text = once([a.premlp, "bench", "load", "--once", "--json", "--model", a.model, "--threads", str(a.threads)])
        loaded = json.loads(text)
        return {"seconds": loaded["first_row_s"], "session_s": loaded["session_s"]}

    def theirs(name, peer, model):
        def run(_):
            settings = {"peer": peer, "model": model, "dtype": "f32", "threads": a.threads}
            _, text = once(python("load_once.py", settings))
            loaded = json.loads(text.splitlines()[-1])
            return {"seconds": loaded["first_row_s"], "import_s": loaded["import_s"]}

        return Task(name, peer, run=run)

    return [
        Task("premlp, Q4_1 file", "premlp", run=ours),
        theirs("PyTorch f32, safetensors", "torch", a.folders["f32"]),
        theirs("PyTorch f32, Q4_1 file", "torch", a.model),
        theirs("llama.cpp, Q4_1 file", "llama", a.model),
    ]


# name: title, runs, unit of the rate (none: times alone), tasks
GROUPS = {
    "products": ("Products x [m, k] · W [n, k]ᵀ of f32 values, weights in cache where they fit", 60, "GFLOP/s", products),
    "prefill": (f"Prefill of {PREFILL} tokens, no vocabulary head", 15, "tokens/s", prefill),
    "job": ("The job: {questions} questions, rows at mlp_in of all layers, model loaded", 7, "", job),
    "process": ("The job as a process: {questions} questions, start to dataset on disk", 5, "", process),
    "decode": (f"Decoding {DECODE} tokens, one stream, greedy", 7, "tokens/s", decode),
    "load": ("From the opened file to the first row of one token, in a new process, imports not counted", 7, "", load),
}


def has_bf16(machine):
    return "avx512bf16" in machine["features"]


def notes(a):
    """What a reader of the figures must know."""
    found = [
        "all programs compute with the weights of one Q4_1 GGUF file; PyTorch and TransformerLens load them dequantised, from safetensors that this run made in the precision they compute in",
        "the F32 and BF16 files are the Q4_1 one dequantised; in the Q8_0 and Q4_0 files its Q4_1 matrices are dequantised and quantised again; all made by this run with the gguf package",
        "premlp's job includes writing the dataset to disk; the peers' ends with the rows in memory, and their questions are tokenised before",
        "a prefill by llama.cpp includes the vocabulary head of the last token, the one-by-one job in PyTorch that of every token",
        "a row that says disturbed_by in the JSON ran while that idle worker used the processor",
    ]
    if not has_bf16(a.machine):
        found.append("this processor has no bf16 products (avx512bf16), so what peers do in bf16 is slow here")
    return found
