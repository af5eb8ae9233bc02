"""A worker that runs the job with TransformerLens, one question after the other."""
import json

import numpy as np
import torch

import torch_model  # first: it keeps the libraries from asking a server
import work

settings = work.arguments()


def prepare():
    from transformer_lens.model_bridge import TransformerBridge

    torch.set_num_threads(settings["threads"])
    model = TransformerBridge.boot_transformers(settings["model"], device="cpu", dtype=torch.float32)
    questions = json.load(open(settings["questions"]))
    names = [f"blocks.{i}.mlp.hook_in" for i in range(model.cfg.n_layers)]

    @torch.inference_mode()
    def job(request):
        results = []
        for q in questions:
            _, cache = model.run_with_cache(torch.tensor([q["ids"]]), names_filter=names)
            results.append(np.stack([cache[n][0, q["rows"]].numpy() for n in names]))
        return lambda: torch_model.describe(results)

    return {"job_loop": job}


work.serve(prepare)
