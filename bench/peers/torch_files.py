"""Saves a GGUF file's dequantised model as a safetensors folder in one precision: what PyTorch loads fast."""
import json, os, shutil, sys

settings = json.loads(sys.argv[1])
if not os.path.exists(settings["folder"]):
    from safetensors.torch import save_file
    from transformers import AutoTokenizer

    import torch_model

    model = torch_model.load(settings["model"], settings["dtype"], settings["threads"])
    partial = settings["folder"] + ".partial"
    shutil.rmtree(partial, ignore_errors=True)
    # save_pretrained refuses models that came from a GGUF. Tied parameters are named once.
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.config.save_pretrained(partial)
    tensors = {name: p.detach().contiguous() for name, p in model.named_parameters()}
    save_file(tensors, os.path.join(partial, "model.safetensors"), metadata={"format": "pt"})
    where, name = os.path.split(settings["model"])
    AutoTokenizer.from_pretrained(where, gguf_file=name).save_pretrained(partial)  # TransformerLens asks for it
    os.replace(partial, settings["folder"])
