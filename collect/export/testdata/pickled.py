"""Reads a .pt file without PyTorch, strictly: only what torch.load(weights_only=True) allows."""
import collections, pickle, zipfile
import numpy as np

KINDS = {"FloatStorage": "<f4", "HalfStorage": "<f2", "BFloat16Storage": "<u2"}


def load(path):
    archive = zipfile.ZipFile(path)
    assert archive.testzip() is None
    folder = archive.namelist()[0].split("/")[0]
    assert archive.read(f"{folder}/byteorder") == b"little"
    assert archive.read(f"{folder}/version").strip() == b"3"
    for entry in archive.infolist():
        assert entry.compress_type == zipfile.ZIP_STORED, entry
        start = entry.header_offset + 30 + len(entry.filename) + len(entry.extra)
        assert start % 64 == 0, (entry.filename, start)
    storages = {}

    class Unpickler(pickle.Unpickler):
        def find_class(self, module, name):
            if (module, name) == ("collections", "OrderedDict"):
                return collections.OrderedDict
            if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
                return rebuild
            if module == "torch" and name in KINDS:
                return name
            raise pickle.UnpicklingError(f"{module}.{name}")

        def persistent_load(self, pid):
            tag, kind, key, device, count = pid
            assert (tag, device) == ("storage", "cpu"), pid
            if key not in storages:
                values = np.frombuffer(archive.read(f"{folder}/data/{key}"), KINDS[kind])
                assert len(values) == count, (key, len(values), count)
                storages[key] = values
            return storages[key]

    def rebuild(storage, offset, size, stride, requires_grad, hooks):
        assert stride == (size[1], 1) and requires_grad is False and hooks == {}
        assert all(hooks is not h for h in seen)
        seen.append(hooks)
        return storage[offset : offset + size[0] * size[1]].reshape(size)

    seen = []
    return Unpickler(archive.open(f"{folder}/data.pkl")).load()
