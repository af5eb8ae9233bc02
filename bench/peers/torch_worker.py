"""A worker that computes with PyTorch and transformers in one precision."""
import json

import torch

import torch_model
import work

settings = work.arguments()


def prepare():
    model = torch_model.load(settings["model"], settings["dtype"], settings["threads"])
    questions = json.load(open(settings["questions"]))
    vocab = model.config.vocab_size

    def prefill(request):
        with torch.inference_mode():
            model.model(torch.tensor([work.prompt(request["tokens"], vocab)]), use_cache=False)

    @work.products
    def product(x, w, out):
        torch.mm(torch.from_numpy(x), torch.from_numpy(w).T, out=torch.from_numpy(out))

    def job(run):
        def once(request):
            results = run(model, questions, *([settings["batch"]] if run is not torch_model.job_loop else []))
            return lambda: torch_model.describe(results)

        return once

    def decode(request):
        tokens = torch_model.decode(model, work.prompt(8, vocab), request["tokens"])
        return lambda: {"tokens": len(tokens)}

    return {
        "products": product,
        "prefill": prefill,
        "decode": decode,
        "job_loop": job(torch_model.job_loop),
        "job": job(torch_model.job_batched),
        "job_reused": job(torch_model.job_reused),
    }


work.serve(prepare)
