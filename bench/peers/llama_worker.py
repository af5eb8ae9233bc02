"""A worker that computes with llama.cpp on one GGUF file."""
from llama_cpp import Llama

import work

settings = work.arguments()


def prepare():
    threads = settings["threads"]
    model = Llama(settings["model"], n_ctx=1024, n_batch=512, n_ubatch=512, n_threads=threads, n_threads_batch=threads, verbose=False)
    vocab = model.n_vocab()

    def prefill(request):
        model.reset()
        model.eval(work.prompt(request["tokens"], vocab))  # the head runs for the last token alone

    def decode(request):
        model.reset()
        tokens = model.generate(work.prompt(8, vocab), top_k=1, temp=0.0, repeat_penalty=1.0, reset=False)
        for _ in range(request["tokens"]):
            next(tokens)
        return lambda: {"tokens": request["tokens"]}

    return {"prefill": prefill, "decode": decode}


work.serve(prepare)
