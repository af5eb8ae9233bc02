// Package weights hands out a checkpoint's tensors by name.
//
// Two formats are read: safetensors (one file, or a folder of shards with an
// index) and GGUF (whole or split), whose quantised blocks stay as they are
// stored until a row is asked for. Files are memory-mapped: opening one reads its header only, and
// a tensor's bytes enter memory when its rows are read.
//
// Files are not trusted. Every count, length and offset is checked against the
// file's size before anything is allocated from it; what is malformed is
// refused with one error that names the place.
//
// A mapped file must not be changed while it is open. If another process
// shortens it, reading the lost part ends the program with a bus error, which
// Go cannot turn into an error value. Tensors and metadata are views of the
// mapping: they must not be used after Close.
package weights
