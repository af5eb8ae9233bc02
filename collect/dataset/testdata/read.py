import glob, json, struct, sys, zlib, msgpack, numpy as np
folder = sys.argv[1]
m = json.load(open(folder + "/manifest.json"))
kind = {"f32": "<f4", "f16": "<f2", "bf16": "<u2"}[m["dtype"]]
for name in sorted(glob.glob(folder + "/rows-*.msgpack")):
    data, at = open(name, "rb").read(), 8
    while True:
        size, crc = struct.unpack_from("<II", data, at)
        frame, at = msgpack.unpackb(data[at + 8 : at + 8 + size]), at + 8 + size
        if "q" not in frame: break  # the index
        for site in m["sites"]:
            x = np.frombuffer(frame[site], kind).reshape(len(m["layers"]), frame["n"], m["dim"])
            x = (x.astype("<u4") << 16).view("<f4") if m["dtype"] == "bf16" else x.astype("<f4")
            s = np.frombuffer(frame.get(site + ".scale", b""), "<f4").reshape(len(m["layers"]), frame["n"], -1)
            print(frame["q"], site, x.shape, s.shape, "%08x %08x" % (zlib.crc32(x.tobytes()), zlib.crc32(s.tobytes())))
