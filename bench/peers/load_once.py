"""Loads a model once and prints the times from the start to the first row of one token, in seconds."""
import json, sys, time

start = time.perf_counter()
settings = json.loads(sys.argv[1])
if settings["peer"] == "torch":
    import torch
    import torch_model

    imported = time.perf_counter()
    model = torch_model.load(settings["model"], settings["dtype"], settings["threads"])
    loaded = time.perf_counter()
    with torch.inference_mode():
        model.model(torch.tensor([[1]]), use_cache=False)
else:
    from llama_cpp import Llama

    imported = time.perf_counter()
    model = Llama(settings["model"], n_ctx=1024, n_threads=settings["threads"], n_threads_batch=settings["threads"], verbose=False)
    loaded = time.perf_counter()
    model.eval([1])
done = time.perf_counter()
print(json.dumps({"import_s": imported - start, "session_s": loaded - imported, "first_row_s": done - imported}))
