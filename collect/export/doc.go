// Package export writes a finished dataset in the forms that other tools read:
// numpy's npz, safetensors, Parquet, a folder for Hugging Face's datasets, and
// the records of activations that torch.load opens. docs/exports.md describes
// each and shows how to load it.
//
// Every form is written site by site and layer by layer from the mapped
// dataset, so that memory does not grow with it, and appears under its name only
// when it is complete and on disk. The same dataset gives the same bytes.
package export
