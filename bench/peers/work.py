"""A worker's side: answers "run this once" over stdin and stdout, a line each.

A worker that waits for its next line sleeps in a read, so others can be
measured meanwhile. Libraries print to stdout as they like; answers go to the
stdout that the process was started with, everything else to stderr.
"""
import json, os, sys, time


def arguments():
    """The settings that the runner gives as one JSON argument."""
    return json.loads(sys.argv[1])


def serve(prepare):
    """Calls prepare() for a dict of handlers, then answers requests.

    A handler does the work it is named for and may return a function that
    describes the result; only the handler is timed.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(document):
        answers.write(json.dumps(document) + "\n")
        answers.flush()

    try:
        handlers = prepare()
    except Exception as error:  # the runner reports it
        answer({"error": f"{type(error).__name__}: {error}"})
        return
    answer({"ready": True})
    for line in iter(sys.stdin.readline, ""):
        request = json.loads(line)
        try:
            start = time.perf_counter()
            describe = handlers[request["work"]](request)
            seconds = time.perf_counter() - start
            answer({"seconds": seconds} | (describe() if callable(describe) else {}))
        except Exception as error:
            answer({"error": f"{type(error).__name__}: {error}"})


def prompt(tokens, vocab):
    """The token ids of a prefill, which `premlp bench forward` takes too."""
    return [(j * 104729 + 13) % vocab for j in range(tokens)]


def products(multiply):
    """The handler of "products": multiply(x, w, out) as often as asked, on arrays made before."""
    import numpy as np

    made = {}

    def run(request):
        m, k, n = shape = tuple(request["shape"])
        if shape not in made:
            values = np.random.default_rng(1).random
            made[shape] = [values((m, k), np.float32), values((n, k), np.float32), np.empty((m, n), np.float32)]
        for _ in range(request["times"]):
            multiply(*made[shape])

    return run
