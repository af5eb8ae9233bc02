"""The whole job as a script: load the model, batched passes with hooks, rows to a safetensors file."""
import json, os, sys

settings = json.loads(sys.argv[1])
import torch_model
from safetensors.numpy import save_file

model = torch_model.load(settings["model"], settings["dtype"], settings["threads"])
questions = json.load(open(settings["questions"]))
results = torch_model.job_batched(model, questions, settings["batch"])
save_file({f"q{i:05d}": rows for i, rows in enumerate(results)}, os.path.join(settings["out"], "rows.safetensors"))
print(json.dumps(torch_model.describe(results)))
