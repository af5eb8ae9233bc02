"""Makes GGUF files of other types from one: what llama.cpp is measured on beside the original.

F32 and BF16 hold the original's matrices dequantised. Q8_0 and Q4_0 hold those
that were Q4_1, dequantised and quantised again by the gguf package; what was of
another type (the embedding, norms) is copied as it is.
"""
import os

import gguf
from gguf import GGMLQuantizationType as Type

MADE = {"F32": Type.F32, "BF16": Type.BF16, "Q8_0": Type.Q8_0, "Q4_0": Type.Q4_0}


def make(source, folder):
    """Returns the path of each type's file, the original's under its own name; makes what is not there."""
    paths = {"Q4_1": source}
    for name, kind in MADE.items():
        path = os.path.join(folder, f"{os.path.basename(source)}.{name}.gguf")
        if not os.path.exists(path) or os.path.getmtime(path) < os.path.getmtime(source):
            convert(source, path + ".partial", kind)
            os.replace(path + ".partial", path)
        paths[name] = path
    return paths


def convert(source, path, kind):
    reader = gguf.GGUFReader(source)
    architecture = reader.get_field(gguf.Keys.General.ARCHITECTURE).contents()
    writer = gguf.GGUFWriter(path, architecture)
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in (gguf.Keys.General.ARCHITECTURE, gguf.Keys.General.FILE_TYPE):
            continue
        sub = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), field.types[0], sub_type=sub)
    for tensor in reader.tensors:
        data, stored = tensor.data, tensor.tensor_type
        whole = kind in (Type.F32, Type.BF16) and len(tensor.shape) == 2
        if whole or stored == Type.Q4_1:
            data = gguf.quantize(gguf.dequantize(data, stored), kind)
            stored = kind
        writer.add_tensor(tensor.name, data, raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
