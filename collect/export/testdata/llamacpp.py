"""Loads a control vector in llama.cpp and writes the logits of a prompt behind it.

usage: llamacpp.py MODEL.gguf VECTOR.gguf SCALE OUT.npy ID…

The file is read as llama.cpp's own tools read it (common_control_vector_load):
the vector of direction.N goes to place N - 1 of the list that
llama_set_adapter_cvec gets. An F32 copy of the model is used, so that nothing
but the order of sums differs; it is made beside OUT and deleted.
"""
import ctypes
import os
import sys

try:
    import gguf
    import llama_cpp
    import numpy as np
except ImportError as missing:
    print(missing)
    sys.exit(3)


def as_f32(source, path):
    reader = gguf.GGUFReader(source)
    writer = gguf.GGUFWriter(path, reader.get_field("general.architecture").contents())
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in ("general.architecture", "general.file_type"):
            continue
        sub = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), field.types[0], sub_type=sub)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def vector(path, scale):
    """Returns what llama_set_adapter_cvec wants, and the length of one vector."""
    reader = gguf.GGUFReader(path)
    assert reader.get_field("general.architecture").contents() == "controlvector"
    assert reader.get_field("controlvector.layer_count").contents() == len(reader.tensors)
    layers = {}
    for tensor in reader.tensors:
        kind, number = tensor.name.split(".")
        assert kind == "direction" and int(number) > 0 and tensor.tensor_type == gguf.GGMLQuantizationType.F32 and len(tensor.shape) == 1
        layers[int(number)] = tensor.data
    dim = len(next(iter(layers.values())))
    data = np.zeros((max(layers), dim), np.float32)
    for number, values in layers.items():
        data[number - 1] = np.float32(scale) * values
    return data, dim


@llama_cpp.llama_log_callback
def quiet(level, text, data):
    pass


def logits(path, ids, data, dim):
    llama_cpp.llama_log_set(quiet, None)
    llama_cpp.llama_backend_init()
    p = llama_cpp.llama_model_default_params()
    p.n_gpu_layers = 0
    model = llama_cpp.llama_model_load_from_file(path.encode(), p)
    c = llama_cpp.llama_context_default_params()
    c.n_ctx, c.n_batch, c.n_ubatch = 512, 512, 512
    c.type_k = c.type_v = llama_cpp.GGML_TYPE_F32
    c.flash_attn_type = 0
    context = llama_cpp.llama_init_from_model(model, c)
    layers = llama_cpp.llama_model_n_layer(model)
    flat = np.ascontiguousarray(data)
    pointer = flat.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
    assert llama_cpp.llama_set_adapter_cvec(context, pointer, flat.size, dim, 1, layers) == 0
    batch = llama_cpp.llama_batch_init(len(ids), 0, 1)
    batch.n_tokens = len(ids)
    for i, token in enumerate(ids):
        batch.token[i], batch.pos[i], batch.n_seq_id[i], batch.seq_id[i][0], batch.logits[i] = token, i, 1, 0, 1
    assert llama_cpp.llama_decode(context, batch) == 0
    words = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    rows = [np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(context, i), (words,)).copy() for i in range(len(ids))]
    return np.stack(rows)


def main(model, path, scale, out, *ids):
    wide = out + ".f32.gguf"
    as_f32(model, wide)
    data, dim = vector(path, float(scale))
    with open(out, "wb") as f:
        logits(wide, [int(i) for i in ids], data, dim).astype("<f4").tofile(f)
    os.remove(wide)


main(*sys.argv[1:])
